"""What everything but the engine costs: (total - infer) / total of one HD image of 63 tiles, JPEG in, boxes out.

Total is the wall time of a whole run of the pipeline on one image, its start and its end included. Infer is the time
spent in the engine's calls, by all streams together, divided by the streams: a core that waits counts as overhead.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.tile_images import Boxes, stream
from vedette.adapters.probes.host import probe_host
from vedette.clock import SystemClock
from vedette.flows.inference.runtime import Instance, Runtime, Tensor
from vedette.rules.candidates import Wish
from vedette.rules.threads import has_bf16
from vedette.values.execution import Execution, Optimise, Precision, RuntimeName
from vedette.values.tensor import Signature
from vedette.wiring.instances import open_model

PLANNED = {("nanodet-g-416", Precision.FP32): 0.05, ("ssdlite-mobilenet-v2", Precision.BF16): 0.12}
"""The bars, by model and precision; what is not named is reported without one."""

BATCH = 1
"""What `vedette run` does unless told otherwise."""

CLOCK = SystemClock()


class Timed:
    """A runtime that adds up how long its calls took."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.calls_ns: list[int] = []

    @property
    def execution(self) -> Execution:
        """See `Runtime.execution`."""
        return self._runtime.execution

    @property
    def signature(self) -> Signature:
        """See `Runtime.signature`."""
        return self._runtime.signature

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """See `Runtime.infer`."""
        started = CLOCK.now_ns()
        try:
            return self._runtime.infer(*tensors)
        finally:
            self.calls_ns.append(CLOCK.now_ns() - started)

    def close(self) -> None:
        """See `Runtime.close`."""
        self._runtime.close()


def measured(name: str, instance: Instance, runtime: RuntimeName, files: Sequence[Path]) -> dict[str, Any]:
    """The share at the instance's precision with a stream a core and with all cores for one stream; and at bf16.

    A stream a core is the default of `vedette run`, made for many images; all cores for one stream is
    `--optimise latency`, made for one image. bf16 is measured where the processor has it and the runtime runs it.
    """
    precision = instance.runtime.execution.precision
    report = {str(precision): _of(name, instance, files)}
    alone = open_model(
        name, Wish(runtime, precision, optimise=Optimise.LATENCY), lambda text: print(text, file=sys.stderr)
    )
    report[f"{precision}, latency"] = _of(name, alone.instance, files)
    alone.instance.runtime.close()
    if (name, Precision.BF16) not in PLANNED:
        return report
    if runtime is RuntimeName.OPENVINO and has_bf16(probe_host()):
        opened = open_model(name, Wish(runtime, Precision.BF16), lambda text: print(text, file=sys.stderr))
        report["bf16"] = _of(name, opened.instance, files)
    else:
        report["bf16"] = {
            "bar": PLANNED[name, Precision.BF16],
            "met": "not tested: no bf16 on this processor and runtime",
        }
        print(f"  overhead at bf16: {report['bf16']['met']}")
    return report


def _of(name: str, instance: Instance, files: Sequence[Path]) -> dict[str, Any]:
    execution = instance.runtime.execution
    _share(instance, files[0].read_bytes())  # warms up
    shares = [_share(instance, file.read_bytes()) for file in files]
    share = statistics.median(shares)
    bar = PLANNED.get((name, execution.precision))
    met = share <= bar if bar is not None else "no bar for this model and precision"
    print(f"  overhead of {execution}, batch {BATCH}: {share:.2%} of an HD image (bar {bar}, met: {met})")
    return {"share": share, "bar": bar, "met": met, "batch": BATCH, "shares": shares}


def _share(instance: Instance, image: bytes) -> float:
    """The share of one image."""
    timed = Timed(instance.runtime)
    started = CLOCK.now_ns()
    stream(replace(instance, runtime=timed), [image], [Boxes()], BATCH)
    total = CLOCK.now_ns() - started
    return 1 - sum(timed.calls_ns) / instance.runtime.execution.streams / total
