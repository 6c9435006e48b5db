"""Looks for every problem of the models that a server would load, without loading any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.config.golden import read_golden
from vedette.adapters.config.layout import MANIFEST_FILE, TRITON_FILE
from vedette.adapters.config.repository import Repository
from vedette.adapters.config.scan import notes, read_version, scan
from vedette.adapters.config.triton import read_config
from vedette.adapters.config.yaml_lines import line_of, read_lined
from vedette.errors import VedetteError
from vedette.rules.repository.versions import missing_versions, served_versions
from vedette.rules.serving.triton import TritonConfig
from vedette.rules.zoo.names import nearest
from vedette.rules.zoo.signature import Signature
from vedette.values.found import Found
from vedette.values.manifest import Manifest
from vedette.values.problem import Problem
from vedette.values.serving import ModelOptions
from vedette.values.tensor import TensorSpec

_DTYPES = {
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "object",
    "BOOL": "bool",
    "BF16": "bfloat16",
}
_DESCRIPTIONS = {"vedette": MANIFEST_FILE, "triton": TRITON_FILE, "bare": ""}


@dataclass(frozen=True, slots=True)
class CheckedRepository:
    """Models that were looked at (`name version 1`), what is wrong, and what is taken otherwise than it says."""

    models: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def check_repository(root: Path, chosen: tuple[ModelOptions, ...], file: str) -> CheckedRepository:
    """Look at every model that is served.

    Args:
        root: folder of models.
        chosen: those that are served; empty: all.
        file: what problems of `chosen` call their file.
    """
    try:
        found = {each.name: each for each in scan(root)}
    except OSError as error:
        return CheckedRepository((), (_unreadable(root, str(error.strerror)),), ())
    problems = [*_absent(root, chosen, found, file)]
    models: list[str] = []
    told: list[str] = []
    for each, options in _served(chosen, found):
        own = [*_folder_problems(each, options)]
        problems += own
        models += [f"{each.name} version {version}" for version in served_versions(each.versions, options.versions)]
        if not own:
            told += [f"{each.name}: {note}" for note in notes(each)]
    return CheckedRepository(tuple(models), tuple(problems), tuple(told))


def _absent(root: Path, chosen: tuple[ModelOptions, ...], found: dict[str, Found], file: str) -> Iterator[Problem]:
    if not root.is_dir():
        yield _unreadable(root, "it is no folder" if root.exists() else "it is not there")
    elif not found and not chosen:
        fix = "`vedette models pull NAME`, or another folder: --models FOLDER"
        yield Problem(str(root), "", "no model", "a folder with one folder a model", fix)
    for number, options in enumerate(chosen):
        each = found.get(options.name)
        if each is None:
            near = nearest(options.name, found)
            fix = f"write {near[0]}" if near else f"`vedette models pull {options.name}`, or copy it to {root}"
            yield Problem(file, f"models[{number}].name", options.name, f"a model in {root}", fix)
            continue
        missing = missing_versions(each.versions, options.versions)
        if missing:
            there = ", ".join(each.versions) or "none"
            value, expected = ", ".join(missing), f"versions that are there: {there}"
            yield Problem(
                file, f"models[{number}].versions", value, expected, f"correct it, or copy them to {each.folder}"
            )


def _served(chosen: tuple[ModelOptions, ...], found: dict[str, Found]) -> list[tuple[Found, ModelOptions]]:
    if not chosen:
        return [(each, ModelOptions(each.name)) for each in found.values()]
    return [(found[options.name], options) for options in chosen if options.name in found]


def _folder_problems(found: Found, options: ModelOptions) -> Iterator[Problem]:
    if found.problem:
        yield Problem(found.folder, "", found.problem, "a model's folder with its versions", "rename or complete it")
        return
    seen: set[Problem] = set()  # what the description says wrong is wrong for each version
    for version in served_versions(found.versions, options.versions):
        for problem in _version_problems(found, version):
            if problem not in seen:
                seen.add(problem)
                yield problem


def _version_problems(found: Found, version: str) -> Iterator[Problem]:
    described = _DESCRIPTIONS[found.kind]
    file = str(Path(found.folder) / described) if described else found.folder
    try:
        if found.kind == "vedette":
            manifest = Repository(Path(found.folder).parent).verify(found.name, version).manifest
        else:
            manifest = read_version(found, version)
        read_golden(Path(found.folder), version)
        yield from _graph_problems(found, manifest, file)
    except VedetteError as error:
        yield from _told(error, file)
    except OSError as error:
        yield Problem(str(error.filename or file), "", f"{error.strerror}", "a readable file", "check its rights")


def _graph_problems(found: Found, manifest: Manifest, file: str) -> Iterator[Problem]:
    """What the description says of the graph's tensors and the graph does not have; nothing is run."""
    from vedette.adapters.zoo.inspect import inspect
    from vedette.rules.zoo.compare import input_disagreements

    signature = inspect(Path(manifest.file)).contents.signature
    for text in input_disagreements(manifest, signature):
        yield _parted(text, file, "correct it")
    if found.kind == "triton":
        config = read_config(Path(found.folder))
        yield from _batch_problems(config, signature, file)
        yield from _tensor_problems("input", config.inputs, signature, file)
        yield from _tensor_problems("output", config.outputs, signature, file)


def _tensor_problems(key: str, declared: tuple[TensorSpec, ...], signature: Signature, file: str) -> Iterator[Problem]:
    ports = {port.name: port for port in (signature.inputs if key == "input" else signature.outputs)}
    for number, spec in enumerate(declared):
        port, place = ports.get(spec.name), f"{key}[{number}]"
        if port is None:
            yield Problem(file, f"{place}.name", spec.name, f"one of {', '.join(ports)}", "correct it")
            continue
        if port.dtype and port.dtype != _DTYPES.get(spec.datatype, spec.datatype.lower()):
            yield Problem(file, f"{place}.data_type", spec.datatype, f"that of the graph: {port.dtype}", "correct it")
        if port.shape is not None and not _fits(spec.shape, port.shape):
            shape = [-1 if side is None else side for side in port.shape]
            expected = f"dims that fit the graph's {shape}, without the batch where max_batch_size is above 0"
            yield Problem(file, f"{place}.dims", f"{list(spec.shape)}", expected, "correct it")


def _batch_problems(config: TritonConfig, signature: Signature, file: str) -> Iterator[Problem]:
    """A graph with a batch of its own cannot take another."""
    most = config.options.max_batch
    fixed = [port.shape[0] for port in signature.inputs if port.shape and port.shape[0] is not None]
    if most > 1 and fixed:
        expected = f"0 or 1: the graph takes batches of {fixed[0]}"
        yield Problem(file, "max_batch_size", f"{most}", expected, "write it so, or export it with an open batch")


def _fits(declared: tuple[int, ...], graph: tuple[int | None, ...]) -> bool:
    return len(declared) == len(graph) and all(
        theirs is None or ours in (-1, theirs) for ours, theirs in zip(declared, graph, strict=True)
    )


def _told(error: VedetteError, file: str) -> Iterator[Problem]:
    """Each line of an error that tells several problems, with key and line of the file where it names them."""
    for line in error.message.splitlines():
        text = line.strip()
        if text.endswith(" problems") and text[: -len(" problems")].isdecimal():
            continue
        yield (
            _parted(text.removeprefix(f"{file}: "), file, error.help)
            if text.startswith(f"{file}: ")
            else Problem(file, "", text, "a model that can be served", error.help)
        )


def _parted(text: str, file: str, fix: str) -> Problem:
    """`key: value: expected` as the readers of descriptions write it; `line 3: key: ...` names the line itself."""
    first, _, rest = text.partition(": ")
    if first.startswith("line ") and first[5:].isdecimal():
        key, _, value = rest.partition(": ")
        return Problem(file, key if value else "", value or rest, "what Vedette serves", fix, int(first[5:]))
    value, _, expected = rest.partition(": ")
    expected = (expected or "another value").removeprefix("expected ")
    return Problem(file, first, value, expected, fix, _line(file, first))


def _line(file: str, key: str) -> int | None:
    try:
        return line_of(read_lined(Path(file).read_text(encoding="utf-8"), file).lines, key.partition("[")[0])
    except (OSError, UnicodeDecodeError):
        return None


def _unreadable(root: Path, why: str) -> Problem:
    return Problem(str(root), "", why, "a readable folder of models", "correct --models or `repository:`")
