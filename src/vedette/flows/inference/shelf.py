"""The models of a server as the event loop knows them: each version with its state, and who serves a request.

Shelf -> Model (one folder) -> Copy (one version): state, reason, files of the last try, station
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vedette.errors import InvalidError, NotFoundError, UnavailableError
from vedette.flows.inference.batches import ImageStation
from vedette.rules.repository.plan import Held, Wanted
from vedette.rules.repository.settle import settled
from vedette.rules.repository.versions import in_order, missing_versions, served_versions
from vedette.values.found import FileState, Found
from vedette.values.served import IndexEntry, ModelRef, ModelState
from vedette.values.serving import ModelOptions

Files = tuple[FileState, ...]

NOT_LOADED = "not loaded"
_LIST = "GET /v2/models, or POST /v2/repository/index, lists what is there"
_SHOWN = 200  # characters of a name that came with a request


@dataclass(slots=True)
class Copy:
    """One version; a station serves whatever becomes of a later try.

    Attributes:
        version: which.
        state: of the version as it is told; READY if and only if a station serves.
        reason: why it is not ready, or why a later try failed.
        tried: the files of the last try; None if there was none, or it was unloaded since.
        serving: the files of what serves.
        station: what serves.
        missing: scans in a row that did not find it.
    """

    version: str
    state: ModelState = ModelState.UNAVAILABLE
    reason: str = NOT_LOADED
    tried: Files | None = None
    serving: Files = ()
    station: ImageStation | None = None
    missing: int = 0

    def begin(self, files: Files) -> None:
        """A try to load these files begins, beside what serves."""
        self.tried = files
        if self.station is None:
            self.state, self.reason = ModelState.LOADING, ""
        else:
            self.reason = "its files have changed, and are being loaded"

    def succeed(self, station: ImageStation) -> ImageStation | None:
        """The station takes over; gives the one that served before."""
        before, self.station = self.station, station
        self.serving = self.tried or ()
        self.state, self.reason = ModelState.READY, ""
        return before

    def fail(self, reason: str) -> None:
        """The try failed; what serves goes on."""
        if self.station is None:
            self.state, self.reason = ModelState.UNAVAILABLE, reason
        else:
            self.reason = f"its files have changed, and cannot be loaded: {reason}"

    def leave(self) -> ImageStation | None:
        """Serve nothing any more; gives the station whose requests have to end."""
        station, self.station, self.tried = self.station, None, None
        self.state, self.reason = ModelState.UNLOADING, "it is being unloaded"
        return station

    def left(self, reason: str) -> None:
        """The last request has left; if it is being loaded again by now, nothing happens."""
        if self.state is ModelState.UNLOADING:
            self.state, self.reason = ModelState.UNAVAILABLE, reason


@dataclass(slots=True)
class Model:
    """One model folder, with what two scans in a row saw; `found` is None once it has gone."""

    name: str
    options: ModelOptions
    found: Found | None = None
    before: Found | None = None
    copies: dict[str, Copy] = field(default_factory=dict)

    def see(self, found: Found | None, options: ModelOptions | None) -> None:
        """A scan saw this of it."""
        self.before, self.found = self.found, found
        if options is not None:
            self.options = options
        here = () if found is None else found.versions
        for copy in self.copies.values():
            copy.missing = 0 if copy.version in here else copy.missing + 1

    def served(self) -> tuple[str, ...]:
        """The versions that are to be served, the lowest first."""
        return () if self.found is None else served_versions(self.found.versions, self.options.versions)

    def missing(self) -> tuple[str, ...]:
        """Versions that the options name and the folder does not hold."""
        return () if self.found is None else missing_versions(self.found.versions, self.options.versions)

    def wanted(self, wall_ns: int, quiet_ns: int | None) -> tuple[Wanted, ...]:
        """What is to be served, and whether its files may be read; without `quiet_ns` they may."""
        found, before, wanted = self.found, self.before, []
        for version in self.served() if found is not None else ():
            assert found is not None, "versions are those of a folder"
            now = found.state_of(version)
            then = before.state_of(version) if before is not None and version in before.versions else None
            begun = any(file.path.startswith(f"{version}/") for file in now)
            complete = quiet_ns is None or (begun and settled(then, now, wall_ns, quiet_ns))
            wanted.append(Wanted(version, now, complete))
        return tuple(wanted)

    def held(self) -> tuple[Held, ...]:
        """What it has, or has tried and failed."""
        return tuple(
            Held(copy.version, copy.tried, copy.station is not None, copy.missing)
            for copy in self.copies.values()
            if copy.tried is not None
        )

    def serving(self) -> tuple[Held, ...]:
        """What serves, with the files that it was loaded from: to try once more what failed."""
        return tuple(
            Held(copy.version, copy.serving, ready=True, missing=copy.missing)
            for copy in self.copies.values()
            if copy.station is not None
        )

    def check(self) -> None:
        """Raise why the model cannot be loaded, as far as its folder tells.

        Raises:
            NotFoundError: there is no folder, or no version that is served.
            InvalidError: the folder cannot be served as it is.
        """
        if self.found is None:
            raise NotFoundError(f"the folder of model {self.name!r} has gone", help="put it back, then load it again")
        if self.found.problem:
            raise InvalidError(
                f"model {self.name!r} cannot be served: {self.found.problem}", help="`vedette serve --check` tells more"
            )
        if not self.served():
            raise self.absent(", ".join(self.missing()) or "1")

    def absent(self, version: str) -> NotFoundError:
        """The error that tells of a version which the folder does not hold."""
        there = ", ".join(() if self.found is None else self.found.versions) or "none"
        return NotFoundError(
            f"model {self.name!r} has no version {version[:_SHOWN]}; it has: {there}",
            help="correct `versions` of the model, or add the version's folder",
        )

    def copy(self, version: str) -> Copy:
        """That of a version; a new one if there was none."""
        return self.copies.setdefault(version, Copy(version))

    def ready(self) -> tuple[str, ...]:
        """The versions that serve, the lowest first."""
        return in_order(version for version, copy in self.copies.items() if copy.station is not None)

    def entries(self) -> Iterator[IndexEntry]:
        """A line of the index for each version."""
        problem = "" if self.found is None else self.found.problem
        known = {*self.copies, *self.served()}
        for version in in_order({*known, *self.missing()}):
            copy = self.copies.get(version)
            if version not in known:
                yield IndexEntry(
                    self.name, version, ModelState.UNAVAILABLE, "the repository does not hold this version"
                )
            elif copy is None:
                yield IndexEntry(self.name, version, ModelState.UNAVAILABLE, problem or NOT_LOADED)
            else:
                yield IndexEntry(self.name, version, copy.state, copy.reason or problem)
        if not known and not self.missing():
            yield IndexEntry(self.name, "", ModelState.UNAVAILABLE, problem or "it has no version that is served")


class Shelf:
    """All models by name."""

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}

    def names(self) -> tuple[str, ...]:
        """All that are known, whatever their state, in the order of the alphabet."""
        return tuple(sorted(self.models))

    def model(self, name: str) -> Model:
        """One of them.

        Raises:
            NotFoundError: there is none of this name; the message names the nearest.
        """
        model = self.models.get(name)
        if model is None:
            from vedette.rules.zoo.names import nearest  # brings difflib

            shown = name[:_SHOWN]
            near = nearest(shown, self.models)
            hint = f"; the nearest: {', '.join(near)}" if near else ""
            raise NotFoundError(f"no model {shown!r} is served here{hint}", help=_LIST)
        return model

    def station(self, ref: ModelRef) -> ImageStation:
        """The station that serves a request; without a version the newest that is ready.

        Raises:
            NotFoundError: there is no such model or version.
            UnavailableError: it is there and not ready; the message says why.
        """
        model = self.model(ref.name)
        if ref.version is None:
            ready = model.ready()
            station = model.copies[ready[-1]].station if ready else None
        else:
            copy = model.copies.get(ref.version)
            station = None if copy is None else copy.station
        if station is None:
            raise _not_ready(model, ref.version)
        return station

    def index(self) -> tuple[IndexEntry, ...]:
        """Every version of every model."""
        return tuple(entry for name in self.names() for entry in self.models[name].entries())

    def forget(self, name: str) -> None:
        """Drop a model whose folder has gone, once nothing of it is at work any more."""
        model = self.models.get(name)
        if model is None or model.found is not None:
            return
        if all(copy.state is ModelState.UNAVAILABLE for copy in model.copies.values()):
            del self.models[name]


def _not_ready(model: Model, version: str | None) -> NotFoundError | UnavailableError:
    entries = tuple(model.entries())
    if version is not None and version not in {entry.version for entry in entries}:
        return model.absent(version)
    asked = [entry for entry in entries if version is None or entry.version == version]
    entry = next((one for one in asked if one.state is ModelState.LOADING), asked[-1])
    told = "it is being loaded" if entry.state is ModelState.LOADING else entry.reason
    named = ModelRef(model.name, entry.version or None)
    return UnavailableError(
        f"{named} is not ready: {told}",
        help="try again in a while"
        if entry.state is ModelState.LOADING
        else "correct what is said, then load it again",
    )
