"""What is measured, and how: everything that must be known to do it again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vedette.values.tensor import TensorSpec
from vedette.values.workload import Load


class TargetKind(StrEnum):
    """The kinds of system under test; TARGET is written `KIND:URL[#MODEL]`, a bare URL is `image`."""

    INPROCESS = "inprocess"
    IMAGE = "image"
    OIP = "oip"
    NULL = "null"


class Wire(StrEnum):
    """How an image travels: raw body, multipart form, base64 in a JSON template, or a tensor in JSON or binary."""

    RAW = "raw"
    MULTIPART = "multipart"
    TEMPLATE = "template"
    JSON = "json"
    BINARY = "binary"
    NONE = "none"


class Scope(StrEnum):
    """What lies between the two stamps of a request.

    HARNESS: nothing but the harness. TENSOR: a tensor in, tensors out; decode and resize were done before and are not
    timed. IMAGE: bytes of an image in, the answer out; decode, resize, inference and postprocessing are timed.
    """

    HARNESS = "harness"
    TENSOR = "tensor"
    IMAGE = "image"


class Placement(StrEnum):
    """Where the client runs: in the target's process, on the same cores, on other cores, on another machine."""

    IN_PROCESS = "in-process"
    SHARED = "shared"
    DISJOINT = "disjoint"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """A system under test, as it is addressed.

    Attributes:
        kind: which client speaks to it.
        address: URL without login, name of a model (inprocess), empty (null).
        model: name behind `#`, None without one.
        wire: how an image travels.
        field: name of the form field (multipart).
        template: file of the JSON body in which `{{image}}` stands for the image in base64 (template).
        service_ms: time that the null target takes for each answer.
        method: HTTP method, POST or PUT (image).
    """

    kind: TargetKind
    address: str
    model: str | None = None
    wire: Wire = Wire.RAW
    field: str = "file"
    template: str | None = None
    service_ms: float = 0.0
    method: str = "POST"

    def __str__(self) -> str:
        if self.kind is TargetKind.NULL:
            return f"null:{self.service_ms:g}ms" if self.service_ms else "null"
        name = f"{self.kind}:{self.address}"
        return f"{name}#{self.model}" if self.model else name


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a target told of itself before it was measured; a part it does not tell is None and `reason` says why.

    Attributes:
        server: name and version.
        model: name and version of the model.
        tensors: what entered the model.
        scope: what is timed.
        pid: process that serves, where it is on this machine.
        reason: why something is None.
        recipe: how the tensor was made of an image before it was sent, in words; empty where images are sent.
    """

    scope: Scope
    server: str | None = None
    model: str | None = None
    tensors: tuple[TensorSpec, ...] | None = None
    pid: int | None = None
    reason: str = ""
    recipe: str = ""


SHIPPED_CROPS = ("crops of the shipped photos",)
"""How `Inputs.sources` names the images that are sent where none are named."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The images that are sent: where they came from, how many different ones, sizes, and the hash of their bytes."""

    sources: tuple[str, ...]
    count: int
    sizes: tuple[tuple[int, int], ...]
    total_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class QualityTarget:
    """The share of answers (0..1) that must agree with the reference by a metric: top1, top5 or iou."""

    metric: str
    share: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond these a run is INVALID.

    Attributes:
        lateness_p99_ms: the generator sent later than scheduled (open loops).
        client_cpu_share: share of one core that the generator used (not where it runs the target itself).
        failed_share: share of requests without a right answer.
        little_gap: relative gap between L and lambda W.
        steal_share: share of the machine's time that its host took away.
    """

    lateness_p99_ms: float = 5.0
    client_cpu_share: float = 0.8
    failed_share: float = 0.01
    little_gap: float = 0.05
    steal_share: float = 0.05


@dataclass(frozen=True, slots=True)
class TrialSpec:
    """One measurement: what, with which load, on which images, checked how, how often.

    Attributes:
        target: the system under test.
        load: what is put on it.
        inputs: what is sent.
        quality: what its answers must reach.
        reference: what they are compared with: a model, a file of results, None.
        model_may_change: whether a comparison with this run may use another model or precision.
        seed: from which schedule and order of every repeat are made.
        repeats: how often it is run.
        monitor_hz: samples a second of the fast set; 0: no monitor.
        client_cores: cores that the generator is bound to; empty: not bound.
        limits: when it is INVALID.
        reference_runtime, reference_precision: how a reference model was asked to be run.
        headers: names of the headers that were sent with each request; their values are recorded nowhere.
    """

    target: TargetSpec
    load: Load
    inputs: Inputs
    quality: tuple[QualityTarget, ...] = ()
    reference: str | None = None
    model_may_change: bool = False
    seed: int = 0
    repeats: int = 1
    monitor_hz: float = 10.0
    client_cores: tuple[int, ...] = ()
    limits: Limits = Limits()
    reference_runtime: str = "auto"
    reference_precision: str = "fp32"
    headers: tuple[str, ...] = ()
