"""What the answers of a target are compared with: the answers of a model run here, or a file of results.

Either way there is one answer for each image that is sent, in their order, before the first request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from vedette.errors import InvalidError, NotFoundError, VedetteError
from vedette.rules.candidates import Wish
from vedette.rules.wire.answer import read_answer
from vedette.rules.wire.result import to_object
from vedette.values.answer import Answer
from vedette.wiring.bench_images import Chosen

Say = Callable[[str], None]


def reference_answers(reference: str, chosen: Chosen, wish: Wish, say: Say) -> list[Answer]:
    """The right answer for each image.

    Args:
        reference: NAME.jsonl as `vedette run --output` writes it, its lines in the order of the images; or a model.
        chosen: what is sent.
        wish: how a model is run.
        say: told what takes time.

    Raises:
        VedetteError: the file or the model cannot be used, or it has no answer for an image.
    """
    if reference.endswith(".jsonl"):
        return _of_file(Path(reference), chosen)
    return _of_model(reference, chosen.images, wish, say)


def _of_file(file: Path, chosen: Chosen) -> list[Answer]:
    try:
        lines = [line for line in file.read_bytes().splitlines() if line.strip()]
    except OSError as error:
        raise NotFoundError(
            f"the reference {file} cannot be read: {error.strerror}",
            help="write one with `vedette run ... -o NAME.jsonl`",
        ) from None
    if len(lines) != len(chosen.images):
        raise InvalidError(
            f"{file} has {len(lines)} results for {len(chosen.images)} images",
            help="write it with `vedette run` on the same images, in the same order, with one model",
        )
    return [_line(file, number, line) for number, line in enumerate(lines, 1)]


def _line(file: Path, number: int, line: bytes) -> Answer:
    try:
        return read_answer(line)
    except VedetteError as error:
        raise InvalidError(f"{file}, line {number}: {error.message}", help=error.help) from None


def _of_model(name: str, images: Sequence[bytes], wish: Wish, say: Say) -> list[Answer]:
    from vedette.flows.inference.postprocess import Answering
    from vedette.wiring.door import Model
    from vedette.wiring.instances import open_model

    say(f"reference: {name} on {len(images)} images ...")
    answers = []
    with Model(open_model(name, wish, say), Answering(5, None)) as model:
        for number, image in enumerate(images):
            try:
                answers.append(read_answer(json.dumps(to_object(model(image))).encode()))
            except VedetteError as error:
                raise InvalidError(
                    f"the reference {name} has no answer for image {number}: {error.message}", help=error.help
                ) from None
    return answers
