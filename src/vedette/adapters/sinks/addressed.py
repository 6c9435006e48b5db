"""What the address of an output means in a server: a file or folder below an allowed one, or a webhook."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vedette.adapters.sinks.appended import AppendedLines, AppendedRows
from vedette.adapters.sinks.kept import KeptPictures
from vedette.adapters.sinks.webhook import Poster, Webhook
from vedette.flows.inference.postprocess import Delivery
from vedette.flows.interface.outlet import Destination
from vedette.rules.access.roots import outside, root_of
from vedette.rules.interface.outputs import Kind, Named, output_of

KEY = "files.outputs"


@dataclass(frozen=True, slots=True)
class AddressedOutputs:
    """Fulfils the port `Outputs` of `flows/interface`; `roots` are the folders below which files are written."""

    roots: Sequence[str]
    poster: Poster

    def open(self, address: str) -> Destination:
        """See `Outputs.open`."""
        named = output_of(address)
        if named.kind in {Kind.POST_JSON, Kind.POST_PICTURE}:
            self.poster.check(named.place)
            return Webhook(named.place, self.poster, picture=named.wants_picture)
        self.real(named)
        return _Rooted(named, self)

    def real(self, named: Named) -> Path:
        """Where a file or folder lies once its symlinks are resolved.

        Raises:
            ForbiddenError: that is not below a root.
        """
        real = os.path.realpath(named.place)
        if root_of(PurePosixPath(real), [PurePosixPath(os.path.realpath(root)) for root in self.roots]) is None:
            raise outside(named.place, KEY)
        return Path(real)


class _Rooted:
    """A file or folder whose place is judged anew for each outcome: links may have changed meanwhile."""

    def __init__(self, named: Named, outputs: AddressedOutputs) -> None:
        self._named, self._outputs = named, outputs

    def write(self, delivery: Delivery) -> None:
        """See `Destination.write`."""
        place = self._outputs.real(self._named)
        if self._named.kind is Kind.PICTURES:
            KeptPictures(place).write(delivery)
        elif self._named.kind is Kind.LINES:
            AppendedLines(place).write(delivery)
        else:
            AppendedRows(place).write(delivery)
