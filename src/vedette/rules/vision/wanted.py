"""Which of a detector's classes are reported: from labels to class ids."""

from __future__ import annotations

from collections.abc import Collection

from vedette.errors import UsageError
from vedette.rules.zoo.names import nearest
from vedette.values.manifest import Manifest


def ids_of(names: Collection[str], manifest: Manifest) -> frozenset[int] | None:
    """The classes of a detector that bear one of the names; None, for all, if there are no names.

    Raises:
        UsageError: the model has no such label.
    """
    if not names or not manifest.model_type.is_detector:
        return None
    unknown = sorted(set(names) - set(manifest.labels))
    if unknown:
        near = nearest(unknown[0], manifest.labels)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"{manifest.name} has no label {unknown[0]!r}",
            help=f"{hint}`vedette models show {manifest.name}` lists them",
        )
    return frozenset(number for number, label in enumerate(manifest.labels) if label in names)
