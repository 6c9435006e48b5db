"""The map of outputs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidError, NotFoundError, UnsupportedError, VedetteError
from vedette.rules.interface.outputs import MOST, Kind, merged, output_of, replaced, without

BEFORE = {"a": "/out/a.jsonl", "b": "https://user:secret@host/hook"}


def test_put_replaces() -> None:
    """What was there is gone."""
    assert replaced({"c": "/out/c.csv"}, BEFORE) == {"c": "/out/c.csv"}
    assert replaced({}, BEFORE) == {}


def test_patch_merges() -> None:
    """What is given is added or changed, null removes, the rest stays (RFC 7396)."""
    assert merged({"a": None, "c": "/out/c.csv"}, BEFORE) == {"b": BEFORE["b"], "c": "/out/c.csv"}


def test_an_output_is_removed() -> None:
    """By its id; one that is not there is told, with those that are."""
    assert without("a", BEFORE) == {"b": BEFORE["b"]}
    with pytest.raises(NotFoundError, match=r"(?s)no output 'x'.*a, b"):
        without("x", BEFORE)


def test_a_masked_address_that_comes_back_keeps_the_secret() -> None:
    """What GET showed may be sent back unchanged; changed, the secret must be sent."""
    assert replaced({"b": "https://user:***@host/hook"}, BEFORE) == {"b": BEFORE["b"]}
    with pytest.raises(InvalidError, match="secret"):
        replaced({"b": "https://user:***@other/hook"}, BEFORE)
    with pytest.raises(InvalidError, match="secret"):
        replaced({"new": "https://user:***@host/hook"}, BEFORE)


@pytest.mark.parametrize("given", [None, [], "x", 7, {"a": 7}, {"a": None}, {"a": {"url": "/x"}}, {"a": ""}])
def test_what_is_no_map(given: object) -> None:
    """PUT takes ids and addresses only."""
    with pytest.raises(InvalidError):
        replaced(given, BEFORE)


@pytest.mark.parametrize("name", ["", ".", "-a", "a/b", "a b", "ä", "a" * 65, "a\n"])
def test_ids_that_cannot_be(name: str) -> None:
    """An id is a part of a path."""
    with pytest.raises(InvalidError, match="id"):
        merged({name: "/out/a.csv"}, {})


def test_the_number_is_bounded() -> None:
    """A pipeline has so many outputs at most."""
    many = {f"o{number}": "/out/a.csv" for number in range(MOST)}

    assert replaced(many, {}) == many
    with pytest.raises(InvalidError, match="at most"):
        merged({"more": "/out/a.csv"}, many)


@pytest.mark.parametrize(
    ("address", "kind", "place"),
    [
        ("/out/a.jsonl", Kind.LINES, "/out/a.jsonl"),
        ("file:///out/A.CSV", Kind.ROWS, "/out/A.CSV"),
        ("file:///out/bilder%20%C3%A4/", Kind.PICTURES, "/out/bilder ä"),
        ("https://host/hook?x=1", Kind.POST_JSON, "https://host/hook?x=1"),
        ("http://host/hook#format=json", Kind.POST_JSON, "http://host/hook"),
        ("http://host/hook#format=jpeg", Kind.POST_PICTURE, "http://host/hook"),
    ],
)
def test_what_addresses_mean(address: str, kind: Kind, place: str) -> None:
    """The end of the path says how files are written, the fragment what is posted."""
    named = output_of(address)

    assert (named.kind, named.place) == (kind, place)
    assert named.wants_picture == (kind in (Kind.PICTURES, Kind.POST_PICTURE))


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("mqtt://broker/topic", UnsupportedError),
        ("rtsp://host/live", UnsupportedError),
        ("/out/a.txt", UnsupportedError),
        ("/out/folder", UnsupportedError),
        ("out/a.csv", InvalidError),
        ("/out/../etc/a.csv", InvalidError),
        ("file:///out/%2e%2e/a.csv", InvalidError),
        ("http:///hook", InvalidError),
        ("http://host:99999/hook", InvalidError),
        ("http://host/hook#format=gif", InvalidError),
    ],
)
def test_refused_outputs(address: str, error: type[VedetteError]) -> None:
    """What is not written to, and what cannot be meant."""
    with pytest.raises(error):
        output_of(address)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9]{0,3}", fullmatch=True), st.just("/out/a.csv"), max_size=6))
def test_merging_is_the_union(given: dict[str, str]) -> None:
    """PATCH gives what a union of maps gives."""
    assert merged(given, BEFORE) == BEFORE | given
