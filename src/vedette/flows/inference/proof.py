"""What a model must do before it is served: run on every stream, and answer its golden image. Runs in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from vedette.clock import Clock
from vedette.errors import InvalidError
from vedette.flows.inference.infer import RowRunner
from vedette.flows.inference.preprocess import Intake, Prepared, Preprocess, Row
from vedette.flows.inference.runtime import Instance, Runtime, Tensor
from vedette.flows.inference.station import Loaded
from vedette.rules.repository.golden import lowest_score, miss
from vedette.values.frame import Frame
from vedette.values.golden import Golden
from vedette.values.result import Result
from vedette.values.tensor import TensorSpec
from vedette.values.timeline import Timeline

if TYPE_CHECKING:
    from vedette.flows.inference.read import Read
    from vedette.flows.inference.stages import Stages
    from vedette.rules.vision.places import Place
    from vedette.values.manifest import Manifest

_NUMPY = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}


def alone_ms(loaded: Loaded, clock: Clock) -> float | None:
    """What one black row takes, in milliseconds; None of a model that takes plain tensors."""
    spec = loaded.instance.manifest.input
    if spec is None:
        return None
    black = np.zeros((1, spec.size.height, spec.size.width, spec.channels), np.uint8)
    started = clock.now_ns()
    loaded.instance.runtime.infer(black)
    return (clock.now_ns() - started) / 1e6


def warm_up(loaded: Loaded, rounds: int, clock: Clock, *, together: bool = True) -> None:
    """Run `rounds` inferences on every stream: one row each, and full batches where there are any.

    Images are black, plain tensors zero; an open dimension of a tensor is 1.

    Args:
        loaded: the model, which nobody else uses yet.
        rounds: 0 runs nothing.
        clock: for the inferences.
        together: all streams at the same time. False runs one inference after the other, so that models that serve
            beside it keep their cores; a runtime takes its idle streams in turns, so that each is run as often.

    Raises:
        VedetteError: the model does not run. Of a tensor model with open dimensions beside the batch a refusal says
            nothing, because their sizes are a guess: it is let pass.
    """
    if not rounds:
        return
    runtime = loaded.instance.runtime
    spec = loaded.instance.manifest.input
    if spec is None:
        inference = _on_zeros(runtime)
    else:
        black = np.zeros((spec.size.height, spec.size.width, spec.channels), np.uint8)
        inference = _on_rows(loaded, black, clock)
    streams = runtime.execution.streams
    if not together:
        for _ in range(rounds * streams):
            inference()
        return
    _on_all_streams(inference, rounds, streams)


def check_golden(golden: Golden, instance: Instance, clock: Clock, stages: Stages | None = None) -> None:
    """Let a model answer its golden image, on the way that every image takes.

    Raises:
        InvalidError: the answer is not the expected one; the message tells both.
        VedetteError: the image cannot be decoded, or the model does not run.
    """
    result = _answered(golden, instance, clock, stages)
    difference = miss(golden, result)
    if difference:
        raise InvalidError(
            f"the golden image {golden.source} is not answered as it should be: {difference}",
            help="check the model file and mean_values, scale_values and labels; or correct golden.json",
        )


def _on_all_streams(inference: Callable[[], None], rounds: int, streams: int) -> None:
    barrier = threading.Barrier(streams)

    def stream(_: int) -> None:
        try:
            for _round in range(rounds):
                barrier.wait()  # so that no stream runs the inferences of another
                inference()
        except threading.BrokenBarrierError:
            return  # another stream tells the error
        except Exception:
            barrier.abort()
            raise

    with ThreadPoolExecutor(streams, "vedette-warm-up") as threads:
        list(threads.map(stream, range(streams)))


def _on_rows(loaded: Loaded, row: Row, clock: Clock) -> Callable[[], None]:
    runner = RowRunner(loaded.instance, clock)
    sizes = sorted({1, loaded.policy.size})

    def inference() -> None:
        for size in sizes:
            answers, _ = runner([row] * size)
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer

    return inference


def _on_zeros(runtime: Runtime) -> Callable[[], None]:
    inputs = runtime.signature.inputs
    guessed = any(-1 in spec.shape[1:] for spec in inputs)
    tensors = tuple(_zeros(spec) for spec in inputs)

    def inference() -> None:
        try:
            runtime.infer(*tensors)
        except InvalidError:
            if not guessed:
                raise

    return inference


def _zeros(spec: TensorSpec) -> Tensor:
    shape = tuple(1 if side == -1 else side for side in spec.shape)
    if spec.datatype == "BYTES":
        return np.full(shape, b"", object)
    return np.zeros(shape, _NUMPY[spec.datatype])


def _answered(golden: Golden, instance: Instance, clock: Clock, stages: Stages | None) -> Result:
    # a model without a golden image starts without these
    from vedette.flows.inference.postprocess import Answering, Seen, answer

    manifest = instance.manifest
    if manifest.input is None:
        raise InvalidError(
            f"{manifest.name} takes plain tensors: it cannot answer the golden image {golden.source}",
            help="remove golden.json",
        )
    frame = Frame(golden.source, golden.image)
    intake = Intake(manifest.input, own=stages is not None and stages.preprocess is not None)
    prepared = Preprocess([intake], keep_pixels=False, clock=clock)(frame)
    place = prepared.places[0][0]
    (outputs,), span = RowRunner(instance, clock)([_row(prepared, stages)])
    if isinstance(outputs, Exception):
        raise outputs
    threshold = lowest_score(golden) if manifest.model_type.is_detector else 0.0
    seen = Seen("golden", frame, prepared.size, (place,), Timeline((prepared.decode, span)))
    read = _read(outputs, place, manifest, threshold, stages)
    asked = Answering(top_k=max(1, len(manifest.labels)), threshold=threshold)
    outcome = answer(seen, instance, [read], asked, clock).outcome
    assert isinstance(outcome, Result), "an answer is no failure"
    return outcome


def _row(prepared: Prepared, stages: Stages | None) -> Row:
    if stages is None or stages.preprocess is None:
        return prepared.row(0, 0)
    from vedette.flows.inference.own import make_row

    return make_row(stages.preprocess, prepared.part(0, 0), prepared.spec(0))


def _read(
    outputs: tuple[Tensor, ...], place: Place, manifest: Manifest, threshold: float, stages: Stages | None
) -> Read:
    if stages is None or stages.postprocess is None:
        from vedette.flows.inference.read import Reader

        return Reader(manifest, threshold)(outputs, place)
    from vedette.flows.inference.own import Wanted, read_row

    return read_row(stages.postprocess, outputs, place, manifest, Wanted(threshold))
