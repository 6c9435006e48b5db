"""What the generator process is made of: images from a file, a target, a place for rows and answers."""

from __future__ import annotations

import os
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

from vedette.adapters.referees.loadgen import LoadGenReferee
from vedette.adapters.store.answer_file import AnswerFile
from vedette.adapters.store.image_file import read_images
from vedette.adapters.store.record import from_data, to_data
from vedette.adapters.store.request_table import RequestStream
from vedette.clock import SystemClock
from vedette.flows.bench.generator import Generator, Part, Settings
from vedette.rules.bench.secrets import secrets_of, without
from vedette.rules.load.trace import parse_trace
from vedette.values.trial import TrialSpec
from vedette.wiring.targets import Headers, build_target

Message = dict[str, Any]


class Generating:
    """The generator of one child process: opened once, then run a part at a time."""

    def __init__(self) -> None:
        self._generator: Generator | None = None
        self._rows: RequestStream | None = None
        self._answers: AnswerFile | None = None
        self._secrets: tuple[str, ...] = ()

    async def open(self, message: Message) -> Message:
        """Build the target and reach it; the answer is its Introduction."""
        spec = from_data(TrialSpec, message["spec"])
        if spec.client_cores:
            os.sched_setaffinity(0, spec.client_cores)
        _allow_many_files()
        clock = SystemClock()
        headers: Headers = tuple((name, value) for name, value in message["headers"])
        self._secrets = secrets_of(headers)
        target = build_target(spec, headers, clock)
        self._rows = RequestStream(Path(message["rows"]))
        self._answers = AnswerFile(Path(message["answers"])) if spec.reference is not None else None
        self._generator = Generator(target, lambda: LoadGenReferee(clock), self._rows, self._keep, clock)
        trace = message["trace"]
        settings = Settings(None if trace is None else parse_trace(trace), Path(message["referee"]))
        introduction = await self._generator.open(read_images(Path(message["images"])), settings)
        return {"introduction": to_data(introduction)}

    async def run(self, message: Message) -> Message:
        """Run a part; the answer is its report."""
        assert self._generator is not None, "opened before it is run"
        report = await self._generator.run(from_data(Part, message["part"]))
        reasons = tuple((status, without(reason, self._secrets)) for status, reason in report.reasons)
        report = replace(report, reasons=reasons)
        return {"report": to_data(report)}

    def stop(self) -> None:
        """End the part that is running early."""
        if self._generator is not None:
            self._generator.stop()

    async def close(self) -> None:
        """Let go of the target and the files."""
        if self._generator is not None:
            await self._generator.close()
        if self._rows is not None:
            self._rows.close()
        if self._answers is not None:
            self._answers.close()

    def _keep(self, answers: dict[int, bytes], rows_before: int) -> None:
        if self._answers is not None:
            self._answers.append({row + rows_before: body for row, body in answers.items()})


def _allow_many_files() -> None:
    """An open loop against a target that hangs holds a connection a request: as many as the system permits."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
