"""Prints outcomes while they come, the time of each stage when they are done, and a progress bar on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from vedette.adapters.sinks.tally import Tally
from vedette.cli.tables import StreamFormat, print_line, print_table
from vedette.clock import SystemClock
from vedette.errors import NOTHING_WORKED, SOME_FAILED
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.wire.result import to_object
from vedette.values.result import Class, Detection, Failure, Outcome
from vedette.wiring.instances import Opened

_SCORES_SHOWN, _LABELS_SHOWN = 3, 8
"""What a line of the table tells of an image's objects: scores of each label, and labels."""

_ROWS_AT_ONCE = 500
"""Rows that a table holds back to find its widths; a longer run prints several tables."""


class Printer:
    """A sink that prints; a context in which the progress bar is shown."""

    def __init__(self, output_format: StreamFormat, count: Callable[[], int]) -> None:
        self.tally = Tally()
        self._format = output_format
        self._count = count
        self._rows: list[tuple[str, str, str, str]] = []
        self._objects_printed = 0
        self._clock = SystemClock()
        self._started_ns = self._clock.now_ns()
        self._elapsed_s = 0.0
        self._progress: Any = None
        self._task: Any = None

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`."""
        self.tally.write(delivery)
        if self._format is StreamFormat.TABLE:
            self._rows.append(_row(delivery.outcome))
            if len(self._rows) >= _ROWS_AT_ONCE:
                self._print_rows()
        else:
            self._print_object(to_object(delivery.outcome))
        if self._progress is not None:
            self._progress.advance(self._task)

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`; what was held back is printed, and an array is closed even when interrupted."""
        del complete
        if self._rows:
            self._print_rows()
        if self._format is StreamFormat.JSON:
            print_line("\n]" if self._objects_printed else "[]")
        sys.stdout.flush()

    def __enter__(self) -> Self:
        """Show the progress bar, on a terminal only."""
        self._started_ns = self._clock.now_ns()
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("images"), TimeRemainingColumn())
            self._progress = Progress(*columns, console=Console(file=sys.stderr), transient=True)
            self._task = self._progress.add_task("", total=self._count())
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the progress bar away."""
        self._elapsed_s = (self._clock.now_ns() - self._started_ns) / 1e9
        if self._progress is not None:
            self._progress.stop()

    def print_summary(self, opened: Sequence[Opened]) -> None:
        """Print the stage times and how each model was run, below a table only."""
        if self._format is not StreamFormat.TABLE:
            return
        if self.tally.done:
            print_stages(self.tally)
            answers = f"{self.tally.done} answer" + ("s" if self.tally.done > 1 else "")
            print_line(f"{answers} in {self._elapsed_s:.2f} s: {self.tally.done / self._elapsed_s:.1f} a second")
            print_tiles(self.tally)
        for one in opened:
            print_line(describe(one))
            if one.choice is not None and not one.choice.cached:
                print_choice(one)
        if self.tally.failed:
            print_line(f"{self.tally.failed} of {self.tally.failed + self.tally.done} failed")

    def _print_rows(self) -> None:
        print_table(("image", "model", "answer", ">ms"), self._rows)
        self._rows.clear()

    def _print_object(self, data: dict[str, Any]) -> None:
        if self._format is StreamFormat.JSONL:
            print_line(json.dumps(data, ensure_ascii=False))
            return
        text = json.dumps(data, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        sys.stdout.write(("[\n  " if not self._objects_printed else ",\n  ") + text)
        self._objects_printed += 1


def print_stages(tally: Tally) -> None:
    """Print mean, median, 99 % and longest time of every stage that took part."""
    rows = [
        (
            stage,
            f"{times.mean:.2f}",
            f"{times.quantile(0.5):.2f}",
            f"{times.quantile(0.99):.2f}",
            f"{times.maximum:.2f}",
        )
        for stage, times in tally.stages.items()
        if times.count
    ]
    print_table(("stage, ms an image", ">mean", ">median", ">99 %", ">longest"), rows)


def print_tiles(tally: Tally) -> None:
    """Print the inference time of images that were cut, as studies of tiles define it."""
    times = tally.inference
    if times.count:
        print_line(
            f"{tally.tiles} tiles (the stages of an image that is cut overlap)\n"
            "inference time of an image (cut the tiles, predict all, merge; without loading and decoding, with waiting "
            f"for others under way): mean {times.mean:.0f} ms, longest {times.maximum:.0f} ms"
        )


def describe(opened: Opened) -> str:
    """One sentence on how a model was run and why."""
    manifest, execution = opened.instance.manifest, opened.instance.runtime.execution
    sentence = f"{manifest.name} version {manifest.version}: {execution}"
    if manifest.provenance.untrained:
        sentence += "; UNTRAINED: its answers mean nothing, only its times do"
    if opened.choice is None:
        return sentence
    origin = "remembered" if opened.choice.cached else "measured just now"
    return f"{sentence} (auto for {opened.choice.optimise}, {origin})"


def print_choice(opened: Opened) -> None:
    """Print what `auto` compared."""
    if opened.choice is None:
        return
    rows = []
    for trial in opened.choice.trials:
        taken = trial.execution == opened.choice.execution
        figures = (
            "-" if trial.images_per_s is None else f"{trial.images_per_s:.0f}",
            "-" if trial.latency_ms is None else f"{trial.latency_ms:.2f}",
            "" if trial.agreement is None else f"{trial.agreement:.0%}",
        )
        rows.append((str(trial.execution), *figures, trial.reason or ("taken" if taken else "")))
    print_table(("runtime", ">images/s", ">median ms", ">agreement", ""), rows)


def exit_code(tally: Tally) -> int:
    """0 all well, 1 some images failed, 3 nothing worked."""
    if not tally.failed:
        return 0
    return SOME_FAILED if tally.done else NOTHING_WORKED


def _classes(classes: Sequence[Class]) -> str:
    return ", ".join(f"{one.label} {one.score:.2f}" for one in classes) or "nothing above the threshold"


def _objects(found: Sequence[Detection]) -> str:
    """Objects by label with their best scores: `bus 0.91, person 0.99 0.71 0.40 and 3 more`."""
    scores: dict[str, list[float]] = {}
    for one in found:
        scores.setdefault(one.label, []).append(one.score)
    parts = [f"{label} {_best_scores(every)}" for label, every in scores.items()]
    hidden = len(parts) - _LABELS_SHOWN
    if hidden > 0:
        parts[_LABELS_SHOWN:] = [f"and {hidden} more label" + ("s" if hidden > 1 else "")]
    return ", ".join(parts) or "nothing above the threshold"


def _best_scores(scores: Sequence[float]) -> str:
    shown = " ".join(f"{score:.2f}" for score in scores[:_SCORES_SHOWN])
    hidden = len(scores) - _SCORES_SHOWN
    return shown if hidden <= 0 else f"{shown} and {hidden} more"


def _row(outcome: Outcome) -> tuple[str, str, str, str]:
    where = outcome.source if outcome.frame == 0 else f"{outcome.source} #{outcome.frame}"
    if isinstance(outcome, Failure):
        return where, "-", f"failed: {outcome.message}\nhelp: {outcome.help}", "-"
    answer = _objects(outcome.detections) if outcome.detections is not None else _classes(outcome.classes or ())
    return where, outcome.model, answer, f"{outcome.timeline.milliseconds()['total']:.1f}"
