"""The operator's own code is found, checked and made: `module:Class` of `vedette.yaml` becomes an object at work.

Modules are looked for where Python finds them, then in the folder of the configuration. One that lies in a model folder
is refused before any line of it runs: whoever may put a model into the repository may not bring code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

from vedette.errors import UsageError
from vedette.flows.inference.stages import Stages, threads_of
from vedette.values.manifest import Manifest
from vedette.values.serving import StageNames

KEYS = ("preprocess", "postprocess", "decide")


@dataclass(frozen=True, slots=True)
class StageSource:
    """Where own code may come from.

    Attributes:
        file: the configuration, whose folder is searched last; None: only where Python finds modules.
        repository: the folder of models, below which nothing is loaded; None: there is none.
    """

    file: Path | None = None
    repository: Path | None = None


def load_stages(names: StageNames, manifest: Manifest, source: StageSource) -> Stages | None:
    """The own code of one model, each class made once; None if there is none.

    A class is made with `manifest=` if its constructor has such a parameter, else without arguments.

    Raises:
        UsageError: a class is not there, or cannot be made or called; the message names file and key.
    """
    places = {key: place for key in KEYS if (place := getattr(names, key)) is not None}
    if not places:
        return None
    return Stages(**{key: _made(key, place, manifest, source) for key, place in places.items()})


def find_class(place: str, source: StageSource) -> type:
    """The class that `module:Class` names; its module is run, as any import does.

    Raises:
        ImportError: it is not there, lies in a model folder, or is no class.
        Exception: whatever the module raises.
    """
    module_name, _, class_name = place.partition(":")
    _check_home(module_name, source.repository)
    found = getattr(import_module(module_name), class_name, None)
    if found is None:
        raise ImportError(f"{module_name} has no {class_name}")
    if not isinstance(found, type):
        raise ImportError(f"{class_name} is no class")  # noqa: TRY004 - one kind for all
    return found


@contextmanager
def importable(folder: Path | None) -> Iterator[None]:
    """Modules beside the configuration are found, after all that is installed."""
    if folder is None:
        yield
        return
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _check_home(module_name: str, repository: Path | None) -> None:
    """Raise ImportError if a module, or a package that holds it, lies in a model folder; none of them has run then."""
    if repository is None:
        return
    root, parts = repository.resolve(), module_name.split(".")
    for length in range(1, len(parts) + 1):
        spec = find_spec(".".join(parts[:length]))
        if spec is None:
            return  # the import says so
        homes = [spec.origin] if spec.origin else [*(spec.submodule_search_locations or ())]
        for home in homes:
            path = Path(home).resolve()
            if path.is_relative_to(root) and (path.is_dir() or path.parent != root):
                raise ImportError(f"{home} lies in the model repository, and code is never loaded from there")


def _made(key: str, place: str, manifest: Manifest, source: StageSource) -> Any:
    _stay_importable(source.file)
    try:
        found = find_class(place, source)
        made = found(manifest=manifest) if "manifest" in signature(found).parameters else found()
        threads_of(made)
    except (Exception, SystemExit) as error:
        raise _unusable(key, place, manifest, source, f"{type(error).__name__}: {error}") from error
    if not callable(made):
        raise _unusable(key, place, manifest, source, "it has no __call__")
    return made


def _stay_importable(file: Path | None) -> None:
    """For the whole life of the server, because own code may import its neighbours when it is called."""
    if file is not None and (folder := str(file.absolute().parent)) not in sys.path:
        sys.path.append(folder)


def _unusable(key: str, place: str, manifest: Manifest, source: StageSource, reason: str) -> UsageError:
    where = "the configuration" if source.file is None else str(source.file)
    first = reason.split("\n", maxsplit=1)[0]
    return UsageError(
        f"{where}: stages.{key} of {manifest.name}: {place} cannot be used: {first}",
        help="correct it, install its module, or lay the module beside the configuration; "
        "`vedette models new NAME` writes one that works",
    )
