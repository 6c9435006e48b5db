"""Which versions are served."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.repository.versions import in_order, missing_versions, served_versions
from vedette.values.serving import VersionPolicy

numbers = st.sets(st.integers(0, 300).map(str))


def test_the_latest_is_the_highest_number_and_not_the_last_word() -> None:
    """Of 9 and 10 the latest is 10."""
    assert served_versions(("9", "10", "2"), VersionPolicy()) == ("10",)
    assert in_order(("9", "10", "2")) == ("2", "9", "10")


def test_several_latest_all_and_named_ones() -> None:
    """Each form of the policy serves what it says, the lowest first."""
    found = ("1", "2", "3", "10")

    assert served_versions(found, VersionPolicy(latest=2)) == ("3", "10")
    assert served_versions(found, VersionPolicy(latest=9)) == found
    assert served_versions(found, VersionPolicy(latest=None)) == found
    assert served_versions(found, VersionPolicy(only=("3", "1", "7"))) == ("1", "3")


def test_named_versions_that_are_not_there_are_told() -> None:
    """A version that the policy names and nobody finds is missing."""
    assert missing_versions(("1", "3"), VersionPolicy(only=("1", "12", "7"))) == ("7", "12")
    assert missing_versions(("1", "3"), VersionPolicy()) == ()


@given(numbers, st.integers(1, 8))
def test_the_latest_are_the_greatest_numbers(found: set[str], latest: int) -> None:
    """Whatever is found: the served ones are its greatest numbers, which sorting integers finds too."""
    served = served_versions(found, VersionPolicy(latest=latest))

    assert [int(one) for one in served] == sorted(int(one) for one in found)[-latest:]
