"""Brings a file of the user's into the home folder.

file --inspect--> Signature --infer--> keys --run once--> keys of the answers --parse--> Manifest --save--> home
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.adapters.config.home import default_home
from vedette.adapters.config.repository import Repository
from vedette.errors import ConflictError, InvalidError, UsageError
from vedette.rules.zoo.names import NAME_RULE, is_name, name_from, nearest
from vedette.values.manifest import Manifest, ModelType

if TYPE_CHECKING:
    from vedette.adapters.zoo.inspect import Inspection
    from vedette.rules.zoo.signature import Output, Setting, Settings, Signature

_NOT_SETTABLE = ("name", "file", "format", "labels", "sha256", "size_bytes")


@dataclass(frozen=True, slots=True)
class Added:
    """A model of the user's with every key of its manifest and who said it."""

    manifest: Manifest
    settings: tuple[Setting, ...]


def add(file: Path, *, name: str = "", labels: Path | None = None, given: Mapping[str, str] | None = None) -> Added:
    """Copy a model of the user's into the home folder, with a manifest inferred from the file, a run, and `given`.

    Raises:
        UsageError: a key is wrong, or cannot be inferred and is asked for.
        ConflictError: the name is taken.
        VedetteError: the file is no model that runs.
    """
    from vedette.adapters.zoo.inspect import inspect
    from vedette.rules.zoo import infer

    given = dict(given or {})
    _check_keys(given)
    if "anchors" in given:
        given["anchors"] = _anchors(given["anchors"])
    file = file.expanduser().absolute()
    names = _read_labels(labels) if labels is not None else ()
    inspection = inspect(file)
    repository = Repository(default_home())
    name = _free_name(name, file, repository)
    signature = inspection.contents.signature
    image = infer.image_settings(signature, given)
    draft = _manifest(_draft(_values(image), given), name, inspection)
    outputs = inspection.run(infer.feed_shapes(signature, draft.input))
    answers = infer.answer_settings(signature, given, image, outputs, names, draft.input)
    settings = infer.merged(image, answers, given)
    manifest = _manifest(_values(settings), name, inspection)
    _check_answers(manifest, signature, outputs)
    told = manifest.provenance
    provenance = replace(
        told,
        source=told.source or f"added from {file.name}",
        parameters=signature.parameters if told.parameters is None else told.parameters,
        gflops=signature.gflops if told.gflops is None else told.gflops,
    )
    saved = repository.save(replace(manifest, provenance=provenance), inspection.contents.files)
    return Added(saved, tuple(settings.values()))


def _draft(image: dict[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The keys before a run has told of the answers: whatever these will be, wrong values are found at once."""
    from vedette.adapters.config.schema import DETECTOR_KEYS

    detector = any(key in given for key in DETECTOR_KEYS)
    undecided = ModelType.BOXES if detector else ModelType.TENSOR
    return {"model_type": undecided, **image, "labels": ["?"], **given}


def _check_answers(manifest: Manifest, signature: Signature, outputs: tuple[Output, ...]) -> None:
    """A detector that its manifest does not describe is not added."""
    if manifest.detector is None:
        return
    from vedette.rules.vision.detect import check_shapes
    from vedette.rules.zoo.family import batch_of, rows_of

    try:
        check_shapes(rows_of([output.shape for output in outputs], batch_of(signature)), manifest)
    except InvalidError as error:
        raise UsageError(error.message, help=f"{error.help} (give them with --set KEY=VALUE, --labels FILE)") from None


def _anchors(text: str) -> str:
    """Anchors as text: those in a file where `text` is the path of one."""
    from vedette.adapters.config.schema import read_numbers

    file = Path(text).expanduser()
    if not file.is_file():
        return text
    try:
        return " ".join(read_numbers(file))
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"--set anchors={text}: the file cannot be read as text", help="give a text file of numbers, or the numbers"
        ) from None


def _check_keys(given: Mapping[str, str]) -> None:
    from vedette.adapters.config.schema import KEYS

    offered = [key for key in KEYS if key not in _NOT_SETTABLE]
    instead = {"name": "--name NAME", "labels": "--labels FILE"}
    problems = []
    for key, value in given.items():
        if key not in offered:
            near = nearest(key, offered)
            hint = f"take {instead[key]}" if key in instead else f"did you mean {near[0]}?" if near else ""
            problems.append(f"--set {key}={value}: no key that can be set{f', {hint}' if hint else ''}")
    if problems:
        raise UsageError("\n  ".join(problems), help=f"the keys are: {', '.join(offered)}")


def _free_name(name: str, file: Path, repository: Repository) -> str:
    from vedette.adapters.zoo.catalog import find

    wanted = name or name_from(file.stem)
    if not is_name(wanted):
        raise UsageError(f"{wanted or file.name!r} cannot name a model", help=f"take --name with {NAME_RULE}")
    if find(wanted) is not None:
        raise ConflictError(f"{wanted!r} is a name of the catalogue", help="take another --name")
    if wanted in repository.names():
        raise ConflictError(
            f"a model {wanted!r} is there already",
            help=f"take another --name, or `vedette models remove {wanted}` first",
        )
    return wanted


def _read_labels(file: Path) -> tuple[str, ...]:
    from vedette.adapters.config.schema import read_labels

    help_text = "give a text file in UTF-8 with one name a line, in the order of the classes"
    try:
        return tuple(read_labels(file))
    except OSError as error:
        raise UsageError(f"--labels {file} cannot be read: {error.strerror}", help=help_text) from None
    except UnicodeDecodeError:
        raise UsageError(f"--labels {file} is no text in UTF-8", help=help_text) from None


def _values(settings: Settings) -> dict[str, Any]:
    return {setting.key: setting.value for setting in settings.values()}


def _manifest(raw: Mapping[str, Any], name: str, inspection: Inspection) -> Manifest:
    from vedette.adapters.config.document import parse

    model = parse(raw, inspection.path.name, next_step="give the right value with --set KEY=VALUE")
    return model.manifest(name, "1", inspection.contents.file, inspection.format)
