"""Models are opened for serving: runtime chosen as elsewhere, batches by the measured curve; and what is told of it.

Manifest, ModelOptions -> Wish -> instances.open_manifest -> Loaded (policy, curve, tensor plan at its first use)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.adapters.config.home import default_home
from vedette.adapters.store.manifests import state_of
from vedette.errors import UnavailableError, UnsupportedError
from vedette.flows.inference.runtime import Loader, Runtime
from vedette.flows.inference.station import Loaded
from vedette.rules.batching.policy import BatchPolicy, policy_for
from vedette.rules.candidates import Wish
from vedette.values.curve import BatchCurve
from vedette.values.execution import Choice, Execution, Plan, RuntimeName, Trial
from vedette.values.manifest import Manifest
from vedette.values.serving import ModelOptions, StageNames
from vedette.wiring.instances import open_manifest
from vedette.wiring.plugins import Loaders

if TYPE_CHECKING:
    from vedette.flows.inference.stages import Stages

IsolatedLoaders = Callable[[], Mapping[RuntimeName, Loader]]
"""Gives loaders whose models run in child processes."""


def wish_of(options: ModelOptions) -> Wish:
    """What the options fix of an Execution."""
    return Wish(options.runtime, options.precision, options.device, options.threads, options.optimise)


@dataclass(frozen=True, slots=True)
class Told:
    """What a start tells of one model.

    Attributes:
        model, version: which.
        execution: runtime, precision, device, streams x threads.
        reason: why it runs in this way.
        policy: how rows become batches.
        batch_reason: why.
        isolated: whether it runs in a child process.
    """

    model: str
    version: str
    execution: Execution
    reason: str
    policy: BatchPolicy
    batch_reason: str
    isolated: bool

    def __str__(self) -> str:
        where = ", in a process of its own" if self.isolated else ""
        size, window_ms = self.policy.size, self.policy.window_ns / 1e6
        batches = "no batches" if size == 1 else f"batches of up to {size}, {window_ms:g} ms window"
        return (
            f"{self.model} version {self.version}: {self.execution}{where} ({self.reason}); "
            f"{batches} ({self.batch_reason})"
        )


class ServingOpener:
    """Implements the port `Opener`; several threads may open models at once.

    Args:
        say: told what takes long.
        isolated: where `isolated` models are loaded; None: they are refused.
        config: the file of the configuration, beside which own code may lie.
        repository: the folder of models, from which no code is loaded.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        isolated: IsolatedLoaders | None = None,
        config: Path | None = None,
        repository: Path | None = None,
    ) -> None:
        self._say, self._isolated = say, isolated
        self._config, self._repository = config, repository
        self._choices: dict[tuple[str, str], Choice | None] = {}
        self._unmeasured: set[tuple[str, str]] = set()
        self._running: dict[str, Execution] = {}
        self._thread = threading.local()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within it, this thread opens models beside others that serve: nothing is measured, which needs every core."""
        self._thread.aside = True
        try:
            yield
        finally:
            self._thread.aside = False

    def open(self, manifest: Manifest, options: ModelOptions) -> Loaded:
        """See `Opener.open`."""
        stages = None if options.stages == StageNames() else self._stages(manifest, options)
        measure = not getattr(self._thread, "aside", False)
        like = None if measure else self._running.get(manifest.name)
        wish, loaders = wish_of(options), self._loaders(options)
        if options.profile is None:
            opened = open_manifest(manifest, wish, self._say, loaders, measure=measure, like=like)
        else:
            from vedette.wiring.profiled import open_profiled  # most models are served without a profile

            opened = open_profiled(manifest, options, loaders)
        self._running[manifest.name] = opened.instance.runtime.execution
        self._choices[manifest.name, manifest.version] = opened.choice
        if not measure and opened.choice is None:
            self._unmeasured.add((manifest.name, manifest.version))
        curve = BatchCurve() if opened.choice is None else opened.choice.curve
        policy = policy_for(curve, options.max_batch, options.target_latency_ms)
        execution, loader = opened.instance.runtime.execution, opened.loader
        state = state_of(Path(manifest.file).parent)

        def open_tensors() -> Runtime:
            if state_of(Path(manifest.file).parent) != state:
                raise UnavailableError(
                    f"the files of {manifest.name} version {manifest.version} have changed since it was loaded",
                    help="load the model again: its own inputs are opened from the file",
                )
            return loader.load(manifest, execution, Plan.TENSOR)

        loaded = Loaded(opened.instance, open_tensors, policy, curve, options.deadline, stages)
        if not measure:
            self._say(str(self.told(loaded, options)))
        return loaded

    def _stages(self, manifest: Manifest, options: ModelOptions) -> Stages | None:
        from vedette.wiring.stages import StageSource, load_stages  # most models have no code of their own

        return load_stages(options.stages, manifest, StageSource(self._config, self._repository))

    def told(self, loaded: Loaded, options: ModelOptions) -> Told:
        """What a start tells of a model that this opener has opened."""
        manifest = loaded.instance.manifest
        version = (manifest.name, manifest.version)
        return told(loaded, self._choices.get(version), options, aside=version in self._unmeasured)

    def _loaders(self, options: ModelOptions) -> Mapping[RuntimeName, Loader] | None:
        if not options.isolated:
            aside = getattr(self._thread, "aside", False)
            return Loaders(default_home() / ".cache", aside=True) if aside else None
        if self._isolated is None:
            raise UnsupportedError(
                f"{options.name} cannot be isolated here: this server starts no child processes",
                help="remove `isolated` from the model's options",
            )
        return self._isolated()


def told(loaded: Loaded, choice: Choice | None, options: ModelOptions, *, aside: bool = False) -> Told:
    """What a start tells of a model: how it runs, and why."""
    manifest, execution = loaded.instance.manifest, loaded.instance.runtime.execution
    if options.profile is not None:
        reason = f"as profiled in {options.profile}"
    else:
        reason = _unmeasured(manifest, options, aside=aside) if choice is None else _measured(choice)
    return Told(
        manifest.name,
        manifest.version,
        execution,
        reason,
        loaded.policy,
        _batch_reason(loaded, options),
        options.isolated,
    )


def _unmeasured(manifest: Manifest, options: ModelOptions, *, aside: bool) -> str:
    if options.runtime is not None and options.precision is not None:
        return "as the options say"
    if manifest.input is None:
        return "plain tensors are not measured: the first way that reads this file"
    if options.runtime is not None:
        return "as the options say"
    if aside:
        return "loaded beside others that serve, where nothing is measured: the next start does"
    return "the only way to run this file here"


def _measured(choice: Choice) -> str:
    own = next((trial for trial in choice.trials if trial.execution == choice.execution), None)
    others = [trial for trial in choice.trials if trial is not own and trial.images_per_s is not None]
    when = "measured before" if choice.cached else "measured now"
    parts = [f"{when}: {_rate(own)}" if own is not None else when]
    if others:
        second = max(others, key=lambda trial: trial.images_per_s or 0.0)
        parts.append(f"{second.execution} {_rate(second)}{f', refused: {second.reason}' if second.reason else ''}")
    return "; ".join(parts)


def _rate(trial: Trial) -> str:
    rate = "no rate" if trial.images_per_s is None else f"{trial.images_per_s:.0f} images/s"
    return rate if trial.latency_ms is None else f"{rate}, {trial.latency_ms:.2f} ms for one"


def _batch_reason(loaded: Loaded, options: ModelOptions) -> str:
    if loaded.instance.manifest.input is None:
        return "requests with tensors run as they come"
    if not loaded.curve.points:
        return "their times were not measured"
    points = ", ".join(f"{point.batch}: {point.latency_ms / point.batch:.2f}" for point in loaded.curve.points)
    goal = "" if options.target_latency_ms is None else f", {options.target_latency_ms:g} ms allowed"
    return f"ms an image at batch {points}; {options.max_batch} rows at most{goal}"
