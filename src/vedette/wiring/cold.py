"""A server that is started for its measurement: its command, its client, and what a right answer is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from vedette.adapters.probes.listener import pid_listening
from vedette.adapters.processes.server import Server
from vedette.clock import SystemClock
from vedette.errors import ConflictError, UsageError, VedetteError
from vedette.flows.bench.cold_start import cold_start_ns
from vedette.rules.bench.judge import judge
from vedette.rules.wire.answer import read_answer
from vedette.values.answer import Answer
from vedette.values.trial import TargetKind, TrialSpec
from vedette.wiring.bench_order import BenchOrder
from vedette.wiring.placing import host_and_port
from vedette.wiring.targets import build_target


class ColdStart:
    """`measure` starts the server; leaving the context ends it."""

    def __init__(
        self,
        order: BenchOrder,
        specs: Sequence[TrialSpec],
        images: Sequence[bytes],
        references: Sequence[Answer] | None,
        scratch: Path,
    ) -> None:
        if len(specs) > 1 or specs[0].target.kind not in (TargetKind.IMAGE, TargetKind.OIP):
            raise UsageError("--start starts one server", help="name one target, an address that it serves")
        self._order, self._spec, self._images, self._references = order, specs[0], images, references
        self._log = scratch / "server.log"
        self._server: Server | None = None

    @property
    def pid(self) -> int:
        """The server's process, once it was started."""
        assert self._server is not None, "measured first"
        return self._server.pid

    async def measure(self) -> float:
        """Start it; seconds until its first right answer.

        Raises:
            ConflictError: something serves that port already.
            VedetteError: it cannot be started, or gives no right answer.
        """
        host, port = host_and_port(self._spec.target.address)
        if (pid := pid_listening(host, port)) is not None:
            raise ConflictError(f"port {port} is served already, by process {pid}", help="end it, or leave --start out")
        headers, clock = self._order.targets[0][1], SystemClock()
        build_target(self._spec, headers, clock)  # imports its client before the time runs
        assert self._order.start is not None
        server = self._server = Server(self._order.start, self._log)
        passed = await cold_start_ns(
            lambda: build_target(self._spec, headers, clock),
            self._images,
            self._right,
            server.ended,
            clock,
            self._order.start_timeout_s,
        )
        return passed / 1e9

    def _right(self, body: bytes) -> bool:
        """Any answer without a reference."""
        if self._references is None:
            return True
        try:
            return judge([0], [read_answer(body)], {0: self._references[0]}, self._spec.quality).right[0]
        except VedetteError:
            return False

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the server."""
        if self._server is not None:
            self._server.close()
