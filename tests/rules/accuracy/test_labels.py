"""Names of categories and folders are understood as classes of a model."""

from __future__ import annotations

import pytest

from vedette.errors import InvalidError, UsageError
from vedette.rules.accuracy.labels import (
    CategoryMap,
    FolderClasses,
    JointLabels,
    Naming,
    join_labels,
    listed,
    map_categories,
    spelling,
    understand_folders,
)

WNIDS = ("n001", "n002", "n003")


@pytest.mark.parametrize(
    "written", ["traffic light", "Traffic_Light", "TRAFFIC-LIGHT", " traffic  light ", "traffic/light"]
)
def test_capitals_and_joints_make_no_difference(written: str) -> None:
    """Files and folders force them."""
    assert spelling(written) == "traffic light"


def test_long_lists_are_cut() -> None:
    """Five names, and how many more."""
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_labels_and_categories_meet_by_name() -> None:
    """In any order; what one side lacks is told."""
    mapped = map_categories(("dog", "cat", "traffic light"), ("???", "cat", "Traffic_Light", "cow"))

    assert mapped == CategoryMap({1: 1, 2: 2}, lacking=(0,), unused=("???", "cow"))


def test_two_labels_may_be_one_category() -> None:
    """A model that names a class twice finds it by either."""
    assert map_categories(("crane",), ("crane", "cow", "crane")).categories == {0: 0, 2: 0}


def test_a_rename_joins_words_that_differ() -> None:
    """The label takes the category's name, and no other."""
    mapped = map_categories(("motorcycle", "dog"), ("motorbike", "dog"), {"Motorbike": "motorcycle"})

    assert mapped == CategoryMap({0: 0, 1: 1}, lacking=(), unused=())


@pytest.mark.parametrize(
    ("renames", "message", "help_"),
    [
        ({"motorbyke": "dog"}, "no label 'motorbyke'", "did you mean motorbike?"),
        ({"motorbike": "dogg"}, "no category 'dogg'", "did you mean dog?"),
    ],
)
def test_a_rename_of_what_is_not_there_is_refused(renames: dict[str, str], message: str, help_: str) -> None:
    """With the nearest name."""
    with pytest.raises(UsageError, match=message) as caught:
        map_categories(("dog",), ("motorbike", "dog"), renames)

    assert caught.value.help == help_


def test_nothing_in_common_is_refused() -> None:
    """With both lists and the option that helps."""
    with pytest.raises(InvalidError, match="it has bird, cow; the categories are dog, cat") as caught:
        map_categories(("dog", "cat"), ("bird", "cow"))

    assert "--rename" in caught.value.help


def test_categories_of_one_name_are_refused() -> None:
    """Nobody could say which of them is meant."""
    with pytest.raises(InvalidError, match="several categories are named Dog, dog"):
        map_categories(("dog", "Dog", "cat"), ("dog",))


@pytest.mark.parametrize(
    ("folders", "labels", "naming", "classes"),
    [
        (["Tabby_Cat", "dog"], ["dog", "cow", "tabby cat"], Naming.LABEL, {"Tabby_Cat": 2, "dog": 0}),
        (["n003", "n001"], ["dog", "cow", "cat"], Naming.WNID, {"n003": 2, "n001": 0}),
        (["2", "000"], ["dog", "cow", "cat"], Naming.INDEX, {"2": 2, "000": 0}),
        (["7", "1"], ["1", "7"], Naming.LABEL, {"7": 1, "1": 0}),
    ],
)
def test_folders_are_understood_in_one_way(
    folders: list[str], labels: list[str], naming: Naming, classes: dict[str, int]
) -> None:
    """By label, by WordNet id, by index; labels that are numbers are labels first."""
    assert understand_folders(folders, labels, WNIDS) == FolderClasses(naming, classes)


@pytest.mark.parametrize(
    ("folders", "labels", "message"),
    [
        (["dog", "unicorn"], ["dog", "cow"], "1 of 2 folders name no class of the model: unicorn"),
        (["n001", "n002"], ["dog", "cow"], "2 of 2 folders name no class of the model: n001, n002"),
        (["0", "5"], ["dog", "cow"], "1 of 2 folders name no class of the model: 5"),
        (["-1", "٣"], ["dog", "cow", "cat", "hen"], "2 of 2 folders"),
        (["crane"], ["crane", "cow", "crane"], "the folder crane may be class 0, 2"),
    ],
)
def test_folders_that_name_no_class_are_refused(folders: list[str], labels: list[str], message: str) -> None:
    """Every one must be understood: WordNet ids only where the model has ImageNet's classes."""
    with pytest.raises(InvalidError, match=message):
        understand_folders(folders, labels, WNIDS)


def test_labels_of_two_models_become_one_list() -> None:
    """The same lists keep their ids, others are joined by name."""
    assert join_labels(("a", "a"), ["a", "a"]) == JointLabels(("a", "a"), (0, 1), (0, 1))
    assert join_labels(("cat", "dog"), ("cow", "Cat")) == JointLabels(("cat", "dog", "cow"), (0, 1), (2, 0))


def test_models_without_a_common_label_are_refused() -> None:
    """There is nothing to compare."""
    with pytest.raises(InvalidError, match="no label in common: one has cat; the other cow"):
        join_labels(("cat",), ("cow",))
