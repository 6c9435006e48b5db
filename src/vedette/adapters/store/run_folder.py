"""The folder of a run while it is made: `NAME.partial` beside its place, renamed when it is whole.

    begin: run.json says what is asked -> requests.arrows grows -> finish: tables, document, rename

Making one is exclusive: two runs never share a folder.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.store.request_table import STREAM, TABLE, remove_stream, write_requests
from vedette.adapters.store.room import write_error, write_whole
from vedette.adapters.store.run_document import write_document
from vedette.errors import ConflictError
from vedette.values.reading import Samples
from vedette.values.run import Run, RunData

DOCUMENT = "run.json"
SAMPLES = "samples.parquet"
SAMPLES_LOG = "samples.log"
PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of a run that is being made.

    Attributes:
        id: of the run; differs from the one asked for where that was taken.
        path: where it is built; ends in `.partial`.
        final: where it lies once it is finished.
    """

    id: str
    path: Path
    final: Path

    @property
    def stream(self) -> Path:
        """File to which requests are appended while the run goes on."""
        return self.path / STREAM

    @property
    def samples_log(self) -> Path:
        """File to which the monitor appends samples while the run goes on."""
        return self.path / SAMPLES_LOG

    @property
    def mlperf(self) -> Path:
        """Folder for the logs of MLPerf LoadGen; whoever writes them makes it."""
        return self.path / "mlperf"

    def begin(self, run: Run) -> None:
        """Write what is asked before the load begins, so that a run that breaks off can be read.

        Raises:
            ExhaustedError: there is no room.
            UnavailableError: it cannot be written.
        """
        self._write_document(run)

    def finish(self, data: RunData) -> Path:
        """Write the tables and the document, and give the folder its name, which is returned.

        Raises:
            ExhaustedError: there is no room; the folder keeps its `.partial` name and what is in it.
            ConflictError: something has come to lie at its final place meanwhile.
            UnavailableError: it cannot be written.
        """
        write_requests(self.path / TABLE, data.requests)
        if data.samples is not None:
            self._write_samples(data.samples)
        self._write_document(data.run)
        remove_stream(self.path)
        with suppress(OSError):
            self.samples_log.unlink(missing_ok=True)
        try:
            self.path.rename(self.final)
        except OSError as error:
            raise ConflictError(
                f"{self.final} cannot take its name: {error.strerror}; the run is in {self.path}",
                help="rename that folder by hand",
            ) from None
        return self.final

    def _write_document(self, run: Run) -> None:
        text = write_document(run)
        write_whole(self.path / DOCUMENT, lambda part: part.write_text(text, encoding="utf-8"))

    def _write_samples(self, samples: Samples) -> None:
        from vedette.adapters.store.samples import write_parquet

        write_whole(self.path / SAMPLES, lambda part: write_parquet(samples, part))


def folder_at(run_id: str, final: Path) -> RunFolder:
    """A new folder at a place that the user named; see `RunsFolder.create`."""
    if final.exists() and not (final.is_dir() and not any(final.iterdir())):
        raise ConflictError(f"{final} is there already", help="name a folder that is new or empty")
    if folder := made(run_id, final):
        return folder
    raise ConflictError(
        f"{final.name}{PARTIAL} is there already: a run is going on in it, or broke off",
        help=f"name another folder, or remove {final}{PARTIAL}",
    )


def made(run_id: str, final: Path) -> RunFolder | None:
    """A new folder; None where another run has it, or had it.

    Raises:
        ConflictError: a file is in the way.
        ExhaustedError: there is no room.
        UnavailableError: it cannot be made.
    """
    partial = final.with_name(final.name + PARTIAL)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
    except FileExistsError:
        if partial.exists():
            return None
        raise ConflictError(f"{final.parent} is no folder", help="name another folder") from None
    except OSError as error:
        raise write_error(partial, error, "nothing was measured yet") from None
    if final.exists() and not (final.is_dir() and not any(final.iterdir())):
        partial.rmdir()
        return None
    return RunFolder(run_id, partial, final)
