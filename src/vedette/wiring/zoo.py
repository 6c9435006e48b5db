"""The models of this machine and of the catalogue: list, pull, add, show, check, remove.

home folder (adapters/config)  +  catalogue, files of users (adapters/zoo)  ->  plain values for the command line
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vedette.adapters.config.home import default_home
from vedette.adapters.config.repository import Repository
from vedette.errors import ConflictError, NotFoundError, UsageError, VedetteError
from vedette.rules.zoo.names import nearest
from vedette.values.frame import Size
from vedette.values.manifest import Manifest, Provenance
from vedette.wiring.adding import Added, add
from vedette.wiring.checking import Checked, Finding, check

if TYPE_CHECKING:
    from vedette.adapters.zoo.catalog import Entry, Fetch

__all__ = [
    "Added",
    "Checked",
    "Finding",
    "Listed",
    "Pulled",
    "Shown",
    "State",
    "add",
    "check",
    "find_or_pull",
    "list_models",
    "pull",
    "remove",
    "show",
    "sized_name",
]

State = Literal["pulled", "available", "own", "damaged"]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list. `problem` tells what is wrong with a damaged model."""

    name: str
    state: State
    input_size: Size | None
    provenance: Provenance
    download_mb: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is there now; `already` tells that it was before."""

    manifest: Manifest
    already: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is known of a model. A sha256 that was not recorded is computed."""

    manifest: Manifest
    state: State
    sha256: str
    size_bytes: int


def list_models() -> tuple[Listed, ...]:
    """The catalogue in its order, then the user's own models by name."""
    from vedette.adapters.zoo.catalog import CATALOG

    repository = Repository(default_home())
    present = repository.names()
    catalogued = [entry.name for entry in CATALOG]
    listed = [
        _listed(repository, entry.name, "pulled", entry.download_mb) if entry.name in present else _available(entry)
        for entry in CATALOG
    ]
    return (*listed, *(_listed(repository, name, _state(name)) for name in present if name not in catalogued))


def pull(name: str, say: Say = lambda _: None, fetch: Fetch | None = None) -> Pulled:
    """Bring a model of the catalogue into the home folder, unless it is there.

    Raises:
        NotFoundError: the catalogue has no such model.
        VedetteError: it cannot be fetched, built or saved; nothing is left of it.
    """
    from vedette.adapters.zoo import catalog
    from vedette.adapters.zoo.registries import RegistryFetch

    repository = Repository(default_home())
    if name in repository.names():
        return Pulled(repository.find(name), already=True)
    entry = catalog.find(name)
    if entry is None:
        raise _unknown(name, [one.name for one in catalog.CATALOG], "the catalogue")
    say(f"pulling {name}: {entry.effort}, once")
    with tempfile.TemporaryDirectory(prefix="vedette-pull-") as folder:
        built = catalog.make(entry, fetch or RegistryFetch(), Path(folder))
    try:
        manifest = repository.save(built.manifest, built.files)
    except ConflictError:  # another process pulled it meanwhile
        return Pulled(repository.find(name), already=True)
    return Pulled(manifest, already=False)


def sized_name(name: str, size: Size) -> str:
    """The name of an untrained network of the catalogue for another input size.

    Raises:
        UsageError: the model has an input of its own size, or cannot take this one.
    """
    from vedette.adapters.zoo.untrained import entries

    return entries.sized_name(name, size)


def find_or_pull(name: str, say: Say, fetch: Fetch | None = None) -> Manifest:
    """A model of the home folder, or of the catalogue, which is pulled after telling so.

    Raises:
        NotFoundError: neither has it.
        VedetteError: it is damaged, or cannot be pulled.
    """
    repository = Repository(default_home())
    names = repository.names()
    if name in names:
        return repository.find(name)
    from vedette.adapters.zoo.catalog import CATALOG, find

    if find(name) is None:
        raise _unknown(name, [*names, *(entry.name for entry in CATALOG)], f"{repository.home} or the catalogue")
    return pull(name, say, fetch).manifest


def show(name: str) -> Shown | Listed:
    """All that is known of a model: Listed as long as it is only in the catalogue.

    Raises:
        NotFoundError: it is in neither.
        VedetteError: it is damaged.
    """
    from vedette.adapters.config.content import fingerprint, size_of_files
    from vedette.adapters.zoo.catalog import CATALOG, find

    repository = Repository(default_home())
    catalogued = [entry.name for entry in CATALOG]
    names = repository.names()
    if name not in names:
        offered = find(name)
        if offered is not None:
            return _available(offered)
        raise _unknown(name, [*names, *catalogued], f"{repository.home} or the catalogue")
    entry = repository.entry(name)
    file = Path(entry.manifest.file)
    return Shown(
        entry.manifest,
        _state(name),
        entry.sha256 or fingerprint(file),
        size_of_files(file) if entry.size_bytes is None else entry.size_bytes,
    )


def remove(name: str) -> None:
    """Delete a model from the home folder.

    Raises:
        NotFoundError: it is not there.
    """
    Repository(default_home()).remove(name)


def _state(name: str) -> State:
    """Whether a model of the home folder came from the catalogue."""
    from vedette.adapters.zoo.catalog import find

    try:
        return "own" if find(name) is None else "pulled"
    except UsageError:
        return "own"


def _available(entry: Entry) -> Listed:
    return Listed(entry.name, "available", entry.input_size, entry.provenance, entry.download_mb)


def _listed(repository: Repository, name: str, state: State, download_mb: float | None = None) -> Listed:
    try:
        manifest = repository.find(name)
    except VedetteError as error:
        return Listed(name, "damaged", None, Provenance(), download_mb, error.message)
    size = None if manifest.input is None else manifest.input.size
    return Listed(name, state, size, manifest.provenance, download_mb)


def _unknown(name: str, among: list[str] | tuple[str, ...], place: str) -> NotFoundError:
    near = nearest(name, among)
    hint = f"; the nearest: {', '.join(near)}" if near else ""
    return NotFoundError(f"no model {name!r} in {place}{hint}", help="`vedette models list` shows what there is")
