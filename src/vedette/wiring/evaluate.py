"""The command `vedette evaluate`: a model against what is known of images, or against another model.

data -> the pipeline of `vedette run`, tiles and all -> answers, image by image -> a judge -> Report

An image that fails counts as one in which nothing was found: whoever runs the model gets no more. Two models are
compared on the images that both answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vedette.clock import SystemClock
from vedette.errors import UnsupportedError, UsageError
from vedette.flows.inference.deliver import Sink
from vedette.flows.inference.postprocess import Answering, Delivery
from vedette.rules.candidates import Wish
from vedette.rules.vision.header import PIXEL_LIMIT
from vedette.values.detection import Detections, detections
from vedette.values.execution import Execution
from vedette.values.manifest import Manifest
from vedette.values.result import Detection, Failure, Result
from vedette.values.tiling import Tiling
from vedette.wiring.judges import Answer, Finding, JudgePlan, Seen, judge_by_folders, judge_by_marks, judge_by_model
from vedette.wiring.stream import BoxSettings, Order, Run
from vedette.wiring.stream import prepare as prepare_run
from vedette.wiring.truths import DataWish, Marked, Plain, Sorted, read_images, read_truth

DETECTOR_THRESHOLD = 0.001
"""Boxes that an evaluation looks at at least: AP asks for the whole curve, so COCO's practice is to keep nearly all."""

_MAX_DETS, _MAX_DETS_OF_TILES = (100,), (100, 500)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an evaluation is asked to do.

    Attributes:
        model: the one that is judged.
        data: the images, and what is known of them.
        against: the model that is taken as reference instead of a truth.
        wish: how to run them.
        batch: images or tiles in one inference at most.
        boxes: how the boxes of detectors are sorted out, where it differs from their manifests.
        tiling: how images are cut for detectors.
        threshold: lowest score that counts; None takes 0.001 for detectors and 0 for classifiers, and each detector's
            own where two are compared.
        max_dets: boxes an image and class that are looked at; empty takes 100, with tiles 100 and 500.
        renames: category by label, where they are not the same word.
        pixel_limit: larger images are refused before they are decoded.
    """

    model: str
    data: DataWish
    against: str | None = None
    wish: Wish = Wish()  # noqa: RUF009 - a frozen value
    batch: int = 1
    boxes: BoxSettings = BoxSettings()  # noqa: RUF009 - a frozen value
    tiling: Tiling | None = None
    threshold: float | None = None
    max_dets: tuple[int, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    pixel_limit: int = PIXEL_LIMIT

    @property
    def looked_at(self) -> tuple[int, ...]:
        """Boxes an image and class."""
        return self.max_dets or (_MAX_DETS if self.tiling is None else _MAX_DETS_OF_TILES)


@dataclass(frozen=True, slots=True)
class Judged:
    """A model as it was run. `threshold`: the lowest score that was kept."""

    manifest: Manifest
    execution: Execution
    threshold: float


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and under which circumstances.

    Attributes:
        finding: the figures.
        names: of the classes, by the class ids of the finding.
        judged: the model.
        reference: the model that it was held against, if it was.
        asked: what the evaluation was asked to do.
        images: how many there were, the failed ones among them.
        failures: of images that gave no answer, in the order of the images.
        elapsed_s: from the first image's way in to the last one's way out.
        notes: what is to be told of the data and of how its names were understood.
    """

    finding: Finding
    names: tuple[str, ...]
    judged: Judged
    reference: Judged | None
    asked: Asked
    images: int
    failures: tuple[Failure, ...]
    elapsed_s: float
    notes: tuple[str, ...]


class Answers:
    """A sink that keeps, image by image, what an evaluation needs of the outcomes."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.failures: list[Failure] = []
        self._id: str | None = None
        self._answers: dict[str, Answer] = {}

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`; the outcomes of one image come together."""
        outcome = delivery.outcome
        if outcome.id != self._id:
            self._id, self._answers = outcome.id, {}
            self.seen.append(Seen(None, self._answers))
        if isinstance(outcome, Failure):
            self.failures.append(outcome)
            return
        self._answers[outcome.model] = _answer(outcome)
        self.seen[-1] = replace(self.seen[-1], size=outcome.size)

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`."""


def _answer(result: Result) -> Answer:
    if result.detections is not None:
        return _boxes(result.detections)
    return tuple(one.class_id for one in result.classes or ())


def _boxes(found: Sequence[Detection]) -> Detections:
    return detections([one.box for one in found], [one.score for one in found], [one.class_id for one in found])


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation that is ready to start."""

    run: Run
    asked: Asked
    plan: JudgePlan
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many outcomes there will be."""
        return len(self.run.order.inputs) * len(self.run.opened)

    def carry_out(self, sinks: Sequence[Sink]) -> Report:
        """Run the images through the models and draw the figures; blocks until the last.

        Raises:
            KeyboardInterrupt: interrupted; there are no figures of a part.
        """
        answers, clock = Answers(), SystemClock()
        started = clock.now_ns()
        self.run.start([answers, *sinks])
        elapsed_s = (clock.now_ns() - started) / 1e9
        assert len(answers.seen) == len(self.run.order.inputs), "every image has an outcome, in its order"
        finding, notes = self.plan.judge(answers.seen)
        judged = [_judged(self.run, number) for number in range(len(self.run.opened))]
        return Report(
            finding,
            self.plan.names,
            judged[0],
            judged[1] if self.asked.against else None,
            self.asked,
            len(answers.seen),
            tuple(answers.failures),
            elapsed_s,
            (*self.notes, *self.plan.notes, *notes),
        )

    def close(self) -> None:
        """Free the engines."""
        self.run.close()


def _judged(run: Run, number: int) -> Judged:
    instance = run.opened[number].instance
    return Judged(instance.manifest, instance.runtime.execution, run.order.asked.threshold_for(instance.manifest))


# --- preparing --------------------------------------------------------------------------------------------------------


def prepare(asked: Asked, say: Callable[[str], None]) -> Evaluation:
    """Read the data, load the models and see that they fit.

    Raises:
        VedetteError: data that is not there or does not fit the model, a model that is not there or cannot be run.
    """
    _check(asked)
    data = read_truth(asked.data) if asked.against is None else read_images(asked.data)
    models = (asked.model,) if asked.against is None else (asked.model, asked.against)
    order = Order(
        data.files,
        models,
        asked.wish,
        asked.batch,
        Answering(threshold=asked.threshold),
        asked.boxes,
        pixel_limit=asked.pixel_limit,
        tiling=asked.tiling,
    )
    run = prepare_run(order, say)
    try:
        manifests = [opened.instance.manifest for opened in run.opened]
        plan = _plan(asked, data, manifests)
        return Evaluation(replace(run, order=_settled(asked, order, manifests)), asked, plan, data.notes)
    except BaseException:
        run.close()
        raise


def _check(asked: Asked) -> None:
    if asked.against == asked.model:
        raise UsageError(f"{asked.model} agrees with itself", help="name another model with --against")
    if asked.against is not None:
        _refuse(asked, "needs a truth, --against takes none")


def _settled(asked: Asked, order: Order, manifests: Sequence[Manifest]) -> Order:
    """The order with the thresholds of an evaluation, and room for as many boxes as it looks at."""
    if asked.against is not None and manifests[0].model_type.is_detector:
        return order
    first = manifests[0]
    threshold = asked.threshold
    if threshold is None:
        threshold = DETECTOR_THRESHOLD if first.model_type.is_detector else 0.0
    order = replace(order, asked=replace(order.asked, threshold=threshold))
    most = max(asked.looked_at)
    if asked.boxes.max_detections is None and first.detector is not None and first.detector.max_detections < most:
        order = replace(order, boxes=replace(order.boxes, max_detections=most))
    return order


def _plan(asked: Asked, data: Marked | Sorted | Plain, manifests: Sequence[Manifest]) -> JudgePlan:
    for manifest in manifests:
        if not manifest.labels:
            raise UnsupportedError(
                f"{manifest.name} has no labels, so its answers have no names",
                help=f"add `labels` to its manifest: `vedette models show {manifest.name}` prints where it is",
            )
    if isinstance(data, Marked):
        return judge_by_marks(manifests[0], data, asked.data.data, asked.looked_at, asked.renames)
    if isinstance(data, Sorted):
        _refuse(asked, "goes with a JSON file of marked objects")
        return judge_by_folders(manifests[0], data, asked.data.data)
    return judge_by_model(manifests[0], manifests[1])


def _refuse(asked: Asked, why: str) -> None:
    """Raise a UsageError if an option is given that only a truth of marked objects needs."""
    given = [option for option, value in (("--rename", asked.renames), ("--max-dets", asked.max_dets)) if value]
    if given:
        raise UsageError(f"{given[0]} {why}", help=f"leave {given[0]} out")
