"""Which class of a model is meant by the name of a category or of a folder.

    "Traffic_Light"  --spelling-->  "traffic light"  =  label 9

Capitals, and whether words are joined by a blank, `_`, `-` or `/`, make no difference: files and folders force them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vedette.errors import InvalidError, UsageError
from vedette.rules.zoo.names import nearest

_SHOWN = 5
_JOINERS = str.maketrans(dict.fromkeys("_-/", " "))


@dataclass(frozen=True, slots=True)
class CategoryMap:
    """How a model's labels and the categories of a truth go together.

    Attributes:
        categories: index of the category by class id, for the labels that have one.
        lacking: indices of the categories that no label of the model names.
        unused: labels that no category bears.
    """

    categories: Mapping[int, int]
    lacking: tuple[int, ...]
    unused: tuple[str, ...]


class Naming(StrEnum):
    """What the names of class folders are: labels of the model, ImageNet's WordNet ids, or class ids from 0."""

    LABEL = "label"
    WNID = "WordNet id"
    INDEX = "class index"


@dataclass(frozen=True, slots=True)
class FolderClasses:
    """How the names of class folders were understood, and the class id of each."""

    naming: Naming
    class_ids: Mapping[str, int]


def spelling(name: str) -> str:
    """The form in which names are compared."""
    return " ".join(name.casefold().translate(_JOINERS).split())


def listed(names: Collection[str]) -> str:
    """Up to five names, and how many more there are."""
    shown = ", ".join(list(names)[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def map_categories(
    categories: Sequence[str], labels: Sequence[str], renames: Mapping[str, str] | None = None
) -> CategoryMap:
    """Which label is which category, by name.

    Args:
        categories: names in the truth.
        labels: names in the model, by class id.
        renames: category by label, for those that are not the same word: {"motorbike": "motorcycle"}.

    Raises:
        UsageError: a rename names no label or no category.
        InvalidError: no label is the name of a category, or two categories have one name.
    """
    places = {spelling(name): number for number, name in enumerate(categories)}
    if len(places) < len(categories):
        twice = sorted(
            {name for name in categories if [spelling(other) for other in categories].count(spelling(name)) > 1}
        )
        raise InvalidError(f"several categories are named {listed(twice)}", help="give each category a name of its own")
    words = {spelling(label): label for label in labels}
    renamed = {_known(old, words, "label"): _known(new, places, "category") for old, new in (renames or {}).items()}
    own = [renamed.get(spelling(label), spelling(label)) for label in labels]
    found = {class_id: places[name] for class_id, name in enumerate(own) if name in places}
    if not found:
        raise InvalidError(
            f"no label of the model is a category: it has {listed(labels)}; the categories are {listed(categories)}",
            help="take a model of these categories, or say which is which with --rename LABEL=CATEGORY",
        )
    lacking = sorted(set(range(len(categories))) - set(found.values()))
    unused = tuple(label for class_id, label in enumerate(labels) if class_id not in found)
    return CategoryMap(found, tuple(lacking), unused)


@dataclass(frozen=True, slots=True)
class JointLabels:
    """The labels of two models as one list.

    Attributes:
        names: all of them, each once.
        first, second: the place in `names` of each model's labels, by class id.
    """

    names: tuple[str, ...]
    first: tuple[int, ...]
    second: tuple[int, ...]


def join_labels(first: Sequence[str], second: Sequence[str]) -> JointLabels:
    """Labels of two models, joined by name; lists that are the same keep their class ids.

    Raises:
        InvalidError: they have no label in common.
    """
    if tuple(first) == tuple(second):
        places = tuple(range(len(first)))
        return JointLabels(tuple(first), places, places)
    names: dict[str, str] = {}
    for label in (*first, *second):
        names.setdefault(spelling(label), label)
    number = {name: place for place, name in enumerate(names)}
    own, other = (tuple(number[spelling(label)] for label in labels) for labels in (first, second))
    if not set(own) & set(other):
        raise InvalidError(
            f"the two models have no label in common: one has {listed(first)}; the other {listed(second)}",
            help="compare models of the same classes",
        )
    return JointLabels(tuple(names.values()), own, other)


def _known(name: str, names: Mapping[str, object], kind: str) -> str:
    key = spelling(name)
    if key not in names:
        near = nearest(key, tuple(names))
        hint = f"did you mean {near[0]}?" if near else f"choose from {listed(names)}"
        raise UsageError(f"--rename: there is no {kind} {name!r}", help=hint)
    return key


def understand_folders(names: Sequence[str], labels: Sequence[str], wnids: Sequence[str]) -> FolderClasses:
    """The class that each folder stands for: by label, by WordNet id (models of ImageNet's 1,000 classes), or by index.

    All folders must be named in one way; of several ways that fit, labels come first.

    Raises:
        InvalidError: folders that are named in no such way, or by a label that several classes bear.
    """
    ways = {
        Naming.LABEL: {name: number for name in names if (number := _by_label(name, labels)) is not None},
        Naming.WNID: _by_wnid(names, wnids) if len(labels) == len(wnids) else {},
        Naming.INDEX: {name: int(name) for name in names if _is_index(name, len(labels))},
    }
    naming = max(ways, key=lambda way: len(ways[way]))
    strangers = [name for name in names if name not in ways[naming]]
    if strangers:
        raise InvalidError(
            f"{len(strangers)} of {len(names)} folders name no class of the model: {listed(strangers)}",
            help=f"name each folder by its label ({listed(labels)}) or by its class index from 0",
        )
    return FolderClasses(naming, ways[naming])


def _by_label(name: str, labels: Sequence[str]) -> int | None:
    bearers = [number for number, label in enumerate(labels) if spelling(label) == spelling(name)]
    if len(bearers) > 1:
        raise InvalidError(
            f"the folder {name} may be class {listed([str(number) for number in bearers])}: they have the same label",
            help="name all folders by class index from 0, or by WordNet id",
        )
    return bearers[0] if bearers else None


def _by_wnid(names: Sequence[str], wnids: Sequence[str]) -> dict[str, int]:
    places = {wnid: number for number, wnid in enumerate(wnids)}
    return {name: places[name] for name in names if name in places}


def _is_index(name: str, count: int) -> bool:
    return name.isascii() and name.isdigit() and int(name) < count
