"""How a model is run: runtime, precision, device, streams and threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from vedette.values.curve import BatchCurve


class RuntimeName(StrEnum):
    """The engines that run a model. `null` answers zeros at once: it measures what everything else costs."""

    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"
    TORCHSCRIPT = "torchscript"
    NULL = "null"


class Precision(StrEnum):
    """Number format of the arithmetic, always named."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class Optimise(StrEnum):
    """`throughput` works on several batches at once, one thread each; `latency` gives all cores to one batch."""

    THROUGHPUT = "throughput"
    LATENCY = "latency"


class Plan(StrEnum):
    """`image` takes uint8 NHWC pixels, normalisation inside the graph; `tensor` takes the model's original input."""

    IMAGE = "image"
    TENSOR = "tensor"


@dataclass(frozen=True, slots=True)
class Execution:
    """One way to run a model: `streams` batches at the same time, `threads` threads for each."""

    runtime: RuntimeName
    precision: Precision = Precision.FP32
    device: str = "cpu"
    streams: int = 1
    threads: int = 1

    def __post_init__(self) -> None:
        if self.streams < 1 or self.threads < 1:
            raise ValueError(f"streams and threads start at 1, got {self.streams} and {self.threads}")

    def __str__(self) -> str:
        return f"{self.runtime} {self.precision} on {self.device}, {self.streams} x {self.threads} threads"


@dataclass(frozen=True, slots=True)
class Trial:
    """What one Execution reached when `auto` measured it.

    Attributes:
        execution: what was tried.
        images_per_s: median over the rounds; None if it could not run.
        latency_ms: median time of one inference with one image; None if it could not run.
        agreement: share of crops with the same top-1 as fp32; None where it is the reference.
        reason: why it was refused, empty if it was not.
    """

    execution: Execution
    images_per_s: float | None
    latency_ms: float | None
    agreement: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The Execution that `auto` took, with everything it compared and its batch curve.

    `cached` tells that it was not measured just now.
    """

    execution: Execution
    optimise: Optimise
    trials: tuple[Trial, ...]
    cached: bool
    curve: BatchCurve = field(default_factory=BatchCurve)
