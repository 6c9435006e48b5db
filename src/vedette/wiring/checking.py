"""Looks for every problem of models on disk: manifest, files, content, and whether the model runs as described."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.adapters.config.document import FILE_NAME
from vedette.adapters.config.home import default_home
from vedette.adapters.config.repository import Repository
from vedette.errors import InvalidError, NotFoundError, VedetteError
from vedette.rules.zoo.names import nearest
from vedette.values.manifest import Manifest

if TYPE_CHECKING:
    from vedette.rules.zoo.signature import Output, Signature


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a model, and the next step."""

    model: str
    problem: str
    help: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Which models were looked at, and what is wrong with them."""

    models: tuple[str, ...]
    findings: tuple[Finding, ...]


def check(target: str = "") -> Checked:
    """Look for every problem of one model, of a repository folder, or (without a target) of all models at home.

    Raises:
        NotFoundError: nothing of this name.
    """
    home = Repository(default_home())
    folder = Path(target).expanduser()
    if target in home.names():
        return _check_one(home, target)
    if target and (folder / FILE_NAME).is_file():
        return _check_one(Repository(folder.absolute().parent), folder.absolute().name)
    if target and not folder.is_dir():
        near = nearest(target, home.names())
        raise NotFoundError(
            f"no model {target!r} in {home.home}, and no folder{f'; the nearest: {near[0]}' if near else ''}",
            help="`vedette models list` shows what there is; for a folder give its path",
        )
    repository = Repository(folder) if target else home
    findings = [finding for name in repository.names() for finding in _findings(repository, name)]
    findings += [Finding("", stray, "rename it, complete it, or move it away") for stray in repository.strays()]
    if target and not repository.names() and not findings:
        raise NotFoundError(f"no model in {folder}", help="give a model's name, its folder, or a folder of models")
    return Checked(repository.names(), tuple(findings))


def _check_one(repository: Repository, name: str) -> Checked:
    return Checked((name,), tuple(_findings(repository, name)))


def _findings(repository: Repository, name: str) -> list[Finding]:
    from vedette.adapters.zoo.inspect import inspect
    from vedette.rules.zoo.compare import input_disagreements, output_disagreements
    from vedette.rules.zoo.infer import feed_shapes

    try:
        manifest = repository.verify(name).manifest
        inspection = inspect(Path(manifest.file))
        signature = inspection.contents.signature
        problems = list(input_disagreements(manifest, signature))
        spec = manifest.input
        if problems and spec is not None and len(signature.inputs) == 1:
            spec = replace(spec, name=signature.inputs[0].name)  # so that one wrong name hides no other problem
        outputs = inspection.run(feed_shapes(signature, spec))
        problems += output_disagreements(manifest, signature, outputs) or _unread(manifest, signature, outputs)
    except VedetteError as error:
        return [Finding(name, error.message, error.help)]
    help_text = f"correct {repository.home / name / FILE_NAME}"
    return [Finding(name, problem, help_text) for problem in problems]


def _unread(manifest: Manifest, signature: Signature, outputs: tuple[Output, ...]) -> tuple[str, ...]:
    """Why the outputs of a detector cannot be read as its manifest says; nothing if they can."""
    if manifest.detector is None:
        return ()
    from vedette.rules.vision.detect import check_shapes
    from vedette.rules.zoo.family import batch_of, rows_of

    try:
        check_shapes(rows_of([output.shape for output in outputs], batch_of(signature)), manifest)
    except InvalidError as error:
        return (error.message,)
    return ()
