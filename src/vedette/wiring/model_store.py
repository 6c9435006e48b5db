"""The model folders of a server as the live repository sees them; manifests that were checked are remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.config.scan import read_options, read_version, scan
from vedette.adapters.store.manifests import ManifestFolder
from vedette.errors import UnavailableError
from vedette.values.found import Found
from vedette.values.golden import Golden
from vedette.values.manifest import Manifest
from vedette.values.serving import ModelOptions

_GOLDEN = "golden.json"


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Implements the port `ModelStore`.

    Attributes:
        root: the folder of models.
        checked: remembers manifests, so that a start need not parse and validate YAML.
        chosen: what the operator has set, by the model's name; it goes before what a folder says of itself.
    """

    root: Path
    checked: ManifestFolder
    chosen: Mapping[str, ModelOptions]

    def scan(self) -> tuple[Found, ...]:
        """See `ModelStore.scan`."""
        try:
            return scan(self.root)
        except OSError as error:
            raise UnavailableError(
                f"{self.root} cannot be read: {error.strerror}", help="check that it is there, and its rights"
            ) from error

    def options(self, found: Found) -> ModelOptions:
        """See `ModelStore.options`."""
        chosen = self.chosen.get(found.name)
        if chosen is not None:
            return chosen
        own = read_options(found)
        return ModelOptions(found.name) if own is None else replace(own, name=found.name)

    def read(self, found: Found, version: str) -> Manifest:
        """See `ModelStore.read`."""
        key = f"{found.name}@{version}"  # no name of a model has an @
        state: list[list[str | int]] = [
            [file.path, file.size_bytes, file.changed_ns] for file in found.state_of(version)
        ]
        known = self.checked.get(key, state)
        if known is not None and Path(known.file).is_relative_to(found.folder):  # and not of another repository
            return known
        manifest = read_version(found, version)
        self.checked.put(key, state, manifest)
        return manifest

    def golden(self, found: Found, version: str) -> Golden | None:
        """See `ModelStore.golden`."""
        if not any(file.path in (_GOLDEN, f"{version}/{_GOLDEN}") for file in found.state):
            return None
        from vedette.adapters.config.golden import read_golden  # a model without one starts without it

        return read_golden(Path(found.folder), version)
