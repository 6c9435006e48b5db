"""Runs as folders: built beside their place under `NAME.partial`, and renamed when they are whole.

    <root>/<id>.partial/   run.json (what is asked)   requests.arrows (grows)          mlperf/
    <root>/<id>/           run.json                   requests.parquet   samples.parquet   mlperf/

A run that breaks off keeps its `.partial` name and can be read up to its last whole batch. Of a run that is listed only
`run.json` is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from vedette.adapters.store.request_table import read_requests
from vedette.adapters.store.room import stopped_for_room
from vedette.adapters.store.run_document import read_document, spec_hash
from vedette.adapters.store.run_folder import DOCUMENT, PARTIAL, SAMPLES, SAMPLES_LOG, RunFolder, folder_at, made
from vedette.errors import InvalidError, NotFoundError, VedetteError
from vedette.rules.bench.unfinished import incomplete
from vedette.rules.zoo.names import nearest
from vedette.values.reading import Samples
from vedette.values.requests import Requests, joined
from vedette.values.run import Run, RunData
from vedette.values.trial import TrialSpec

LAST = "last"
"""The name under which the newest finished run is found."""

_HASH_DIGITS = 8


def new_run_id(wall: datetime, spec: TrialSpec) -> str:
    """Date and time in UTC, and the start of the hash of the spec: `20260102-030405-0a1b2c3d`."""
    return f"{wall.astimezone(UTC):%Y%m%d-%H%M%S}-{spec_hash(spec)[:_HASH_DIGITS]}"


@dataclass(frozen=True, slots=True)
class RunHead:
    """A run as it is listed: its document, without its tables.

    Attributes:
        id: name of its folder, without `.partial`.
        path: its folder.
        run: its document; None where it cannot be read.
        finished: whether it came to its end.
        problem: why there is no document, empty if there is one.
    """

    id: str
    path: Path
    run: Run | None
    finished: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunsFolder:
    """Where runs are kept; the folder is made with the first of them."""

    root: Path

    def create(self, run_id: str, output: Path | None = None) -> RunFolder:
        """Make the folder of a new run: `<root>/<run_id>`, or `output`.

        Where the id is taken, a number is added to it.

        Raises:
            ConflictError: `output` holds something, or is being written.
            ExhaustedError: there is no room.
            UnavailableError: it cannot be made.
        """
        if output is not None:
            return folder_at(run_id, output.expanduser().absolute())
        for number in count(1):
            name = run_id if number == 1 else f"{run_id}-{number}"
            if folder := made(name, self.root / name):
                return folder
        raise AssertionError("numbers do not end")

    def open(self, name: str | Path) -> RunData:
        """The run of an id, the start of one, `last`, or a folder.

        Raises:
            NotFoundError: no run, or several, have that name.
            InvalidError: its files are damaged.
        """
        return _data(self.find(name))

    def find(self, name: str | Path) -> Path:
        """The folder of a run; see `open`.

        Raises:
            NotFoundError: no run, or several, have that name.
        """
        text = str(name)
        if isinstance(name, Path) or os.sep in text or text.startswith("."):
            return _folder_of(Path(name).expanduser())
        if text == LAST:
            return self._last()
        folders = {_id_of(folder): folder for folder in self._folders()}
        matches = [text] if text in folders else [one for one in folders if text and one.startswith(text)]
        if len(matches) == 1:
            return folders[matches[0]]
        if matches:
            raise NotFoundError(f"{len(matches)} runs begin with {text}", help=f"name one: {', '.join(matches)}")
        if text and _is_run(Path(text)):
            return Path(text)
        raise self._unknown(text, folders)

    def all(self) -> list[RunHead]:
        """Every run, oldest first; one that cannot be read says why."""
        heads = [_head(folder) for folder in self._folders()]
        return sorted(heads, key=lambda head: (head.run.started if head.run else "", head.id))

    def _folders(self) -> Iterator[Path]:
        try:
            entries = sorted(self.root.iterdir())
        except OSError:
            return
        for entry in entries:
            if _is_run(entry):
                yield entry

    def _last(self) -> Path:
        finished = [head for head in self.all() if head.run and head.finished]
        if not finished:
            raise NotFoundError(f"no finished run is in {self.root}", help="measure one with `vedette bench run`")
        return finished[-1].path

    def _unknown(self, text: str, known: dict[str, Path]) -> NotFoundError:
        if not known:
            step = "measure one with `vedette bench run`, or name its folder"
        else:
            near = nearest(text, known) or tuple(sorted(known)[-3:])
            step = f"did you mean {' or '.join(near)}? `vedette bench list` shows all"
        return NotFoundError(f"no run in {self.root} is named {text!r}", help=step)


# --- reading ----------------------------------------------------------------------------------------------------------


def _folder_of(path: Path) -> Path:
    """The folder that a path means: itself, the one of its `run.json`, or its `.partial`."""
    folder = path.parent if path.name == DOCUMENT else path
    for one in (folder, folder.absolute().with_name(folder.absolute().name + PARTIAL)):
        if _is_run(one):
            return one
    raise NotFoundError(
        f"{path} is no folder of a run: it has no {DOCUMENT}", help="`vedette bench list` shows the runs that are kept"
    )


def _is_run(folder: Path) -> bool:
    """Whether it is a folder of a run, finished or not; what may not be looked at, or cannot be a name, is none."""
    try:
        return folder.is_dir() and (folder.name.endswith(PARTIAL) or (folder / DOCUMENT).exists())
    except OSError:
        return False


def _id_of(folder: Path) -> str:
    return folder.absolute().name.removesuffix(PARTIAL)


def _is_finished(folder: Path) -> bool:
    return not folder.absolute().name.endswith(PARTIAL)


def _head(folder: Path) -> RunHead:
    finished = _is_finished(folder)
    try:
        return RunHead(_id_of(folder), folder, _document(folder), finished)
    except VedetteError as error:
        return RunHead(_id_of(folder), folder, None, finished, error.message)


def _document(folder: Path) -> Run:
    file = folder / DOCUMENT
    try:
        run = read_document(file.read_text(encoding="utf-8"), str(file))
    except FileNotFoundError:
        raise InvalidError(f"{folder} has no {DOCUMENT}: the run broke off before it began", help=_REMOVE) from None
    except UnicodeDecodeError:
        raise InvalidError(f"{file} is not UTF-8 text", help="restore the file, or measure again") from None
    except OSError as error:
        raise InvalidError(f"{file} cannot be read: {error.strerror}", help="check its rights") from None
    return run if _is_finished(folder) else incomplete(run, _why(folder))


_REMOVE = "remove the folder, and measure again"


def _why(folder: Path) -> str:
    return stopped_for_room(folder) or "it was interrupted, or is still going on"


def _data(folder: Path) -> RunData:
    run = _document(folder)
    if _is_finished(folder):
        return RunData(run, read_requests(folder), _samples(folder))
    return RunData(run, _rows_so_far(folder), _samples_so_far(folder))


def _rows_so_far(folder: Path) -> Requests:
    try:
        return read_requests(folder)
    except NotFoundError:
        return joined([])


def _samples(folder: Path) -> Samples | None:
    from vedette.adapters.store.samples import read_parquet

    file = folder / SAMPLES
    return read_parquet(file) if file.exists() else None


def _samples_so_far(folder: Path) -> Samples | None:
    from vedette.adapters.store.samples_log import read_samples

    with suppress(VedetteError):
        return _samples(folder) or read_samples(folder / SAMPLES_LOG)
    return None
