"""The outputs of a model for one image become a Result, and a picture where one is wanted. Runs in a worker thread."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vedette.clock import Clock
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.rules.vision.classes import classify
from vedette.rules.vision.draw import annotate
from vedette.rules.vision.encode import encode_jpeg
from vedette.values.frame import Frame, Pixels, Size
from vedette.values.result import Class, Failure, Outcome, Result
from vedette.values.timeline import Span, Timeline


@dataclass(frozen=True, slots=True)
class Answering:
    """What is wanted of every answer.

    Attributes:
        top_k: classes at most.
        threshold: lowest score reported; None takes the model's own.
    """

    top_k: int = 5
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One outcome on its way to the sinks, with its annotated picture (JPEG) if one is wanted."""

    outcome: Outcome
    picture: bytes | None = None

    @property
    def size_bytes(self) -> int:
        """Bytes held in memory, a small outcome counted as 1 KiB."""
        return 1024 + len(self.picture or b"")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an image before its models answer."""

    id: str
    frame: Frame
    size: Size
    timeline: Timeline
    pixels: Pixels | None = None


def answer(seen: Seen, instance: Instance, outputs: tuple[Tensor, ...], asked: Answering, clock: Clock) -> Delivery:
    """Turn the outputs for one image into a Delivery.

    Raises:
        InvalidError: the model gave something else than its manifest says.
    """
    started = clock.now_ns()
    manifest, execution = instance.manifest, instance.runtime.execution
    threshold = manifest.confidence_threshold if asked.threshold is None else asked.threshold
    classes = classify(outputs[0], manifest.labels, manifest.scores, asked.top_k, threshold)
    picture = None if seen.pixels is None else encode_jpeg(annotate(seen.pixels, _caption(classes)))
    result = Result(
        id=seen.id,
        source=seen.frame.source,
        frame=seen.frame.index,
        time_s=seen.frame.time_s,
        size=seen.size,
        model=manifest.name,
        model_version=manifest.version,
        runtime=str(execution.runtime),
        precision=str(execution.precision),
        classes=classes,
        timeline=seen.timeline,
    )
    done = replace(result, timeline=seen.timeline.add(Span("postprocess", started, clock.now_ns())))
    return Delivery(done, picture)


def fail(identity: str, source: str, frame: int, error: Exception) -> Failure:
    """The Failure that tells of an error; an error of Vedette's own or of a library counts as internal."""
    from vedette.errors import VedetteError

    if isinstance(error, VedetteError):
        return Failure(identity, source, frame, error.kind, error.message, error.help)
    return Failure(
        identity,
        source,
        frame,
        "internal",
        f"{type(error).__name__}: {error}",
        "this is a bug: please report it with the image and the command",
    )


def _caption(classes: tuple[Class, ...]) -> tuple[str, ...]:
    return tuple(f"{found.label} {found.score:.2f}" for found in classes)
