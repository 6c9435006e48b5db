"""Frozen values as plain data and back."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.adapters.store.record import RecordError, from_data, to_data
from vedette.values.evidence import Check, Estimate, State
from vedette.values.run import RefereeReport
from vedette.values.trial import TrialSpec
from vedette.values.workload import Load, LoadKind

finite = st.floats(allow_nan=False, allow_infinity=False)


@dataclass(frozen=True, slots=True)
class _Pair:
    count: int
    figure: float
    sides: tuple[int, int] = (0, 0)


@given(st.builds(Load, rate=st.none() | finite, think_ms=finite, trace=st.none() | st.text(), clients=st.integers()))
@settings(deadline=None)
def test_load_comes_back(load: Load) -> None:
    """A load with any figures and names is equal after a journey through JSON text."""
    text = json.dumps(to_data(load))

    assert from_data(Load, json.loads(text)) == load


def test_numbers_of_numpy_are_stored_as_pythons() -> None:
    """A figure that numpy reckoned is the same number when it comes back, with every digit."""
    figure = np.float64(0.1) + np.float64(0.2)

    data = json.loads(json.dumps(to_data(_Pair(np.int64(7), figure))))

    assert data == {"count": 7, "figure": 0.30000000000000004, "sides": [0, 0]}
    assert from_data(_Pair, data) == _Pair(7, figure)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_number_that_is_none_becomes_null_where_it_may(value: float) -> None:
    """NaN and infinity of an optional figure are null."""
    assert to_data(Estimate(value))["value"] is None


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("nan")])
def test_number_that_is_none_is_refused_where_it_must_be_one(value: float) -> None:
    """NaN and infinity of a figure that must be there are refused, with their place."""
    report = RefereeReport("loadgen", valid=True, reasons=(), figures=(("a", 1.0), ("b", value)))

    with pytest.raises(RecordError, match=r"referee\.figures\[1\]\[1\]: (nan|inf) is not a finite number"):
        to_data(report, "referee")


def test_lone_surrogate_comes_back() -> None:
    """A file name that is no UTF-8 survives."""
    load = Load(LoadKind.TRACE, trace=b"\xff.txt".decode("utf-8", "surrogateescape"))

    assert from_data(Load, json.loads(json.dumps(to_data(load)))) == load


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"kind": "clsd"}, "kind: 'clsd' is none of closed"),
        ({"clients": 1.5}, "clients: a whole number is expected, not 1.5"),
        ({"clients": True}, "clients: a whole number is expected, not True"),
        ({"think_ms": "3"}, "think_ms: a number is expected, not '3'"),
        ({"think_ms": None}, "think_ms: a number is expected, not None"),
        ({"think_ms": True}, "think_ms: a number is expected, not True"),
        ({"rate": 10**400}, "rate: a finite number is expected"),
        ({"trace": 5}, "trace: a text is expected, not 5"),
        ({"speed": 5}, "speed: unknown; known are kind"),
    ],
)
def test_field_of_another_type_is_refused(change: dict[str, object], place: str) -> None:
    """What does not fit its type is refused with its place and what is expected."""
    data = to_data(Load(LoadKind.CLOSED)) | change

    with pytest.raises(RecordError) as caught:
        from_data(Load, data)

    assert str(caught.value).startswith(place)


def test_missing_field_is_refused_unless_it_has_a_default() -> None:
    """A field without a default must be there; one with a default takes it."""
    with pytest.raises(RecordError, match=r"^count: missing$"):
        from_data(_Pair, {"figure": 1.0})
    assert from_data(_Pair, {"count": 1, "figure": 2}) == _Pair(1, 2.0)


@pytest.mark.parametrize("sides", [[1], [1, 2, 3], {"a": 1}, "12"])
def test_tuple_of_another_length_or_kind_is_refused(sides: object) -> None:
    """A pair is an array of two."""
    with pytest.raises(RecordError, match=r"^sides: "):
        from_data(_Pair, {"count": 1, "figure": 2.0, "sides": sides})


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_document_must_be_an_object(data: object) -> None:
    """A dataclass is described by an object and nothing else."""
    with pytest.raises(RecordError, match="the document: an object is expected"):
        from_data(Load, data)


def test_truth_value_is_strict() -> None:
    """1 is not true."""
    data = to_data(RefereeReport("loadgen", valid=True, reasons=("r",), figures=())) | {"valid": 1}

    with pytest.raises(RecordError, match="valid: true or false is expected"):
        from_data(RefereeReport, data)


def test_what_cannot_be_stored_is_refused() -> None:
    """A list where the type says tuple is a mistake that is told."""
    check = Check("name", State.PASS, "sentence")

    with pytest.raises(RecordError, match="sentence: list cannot be stored"):
        to_data(replace(check, sentence=["a"]))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Share:
    """A value that refuses what its type allows."""

    of: float

    def __post_init__(self) -> None:
        if self.of > 1:
            raise ValueError(f"a share is 1 at most, got {self.of:g}")


@dataclass(frozen=True)
class Shares:
    """Several of them."""

    each: tuple[Share, ...]


def test_a_value_that_refuses_its_figures_is_damage_like_any_other() -> None:
    """Its own words, at its place; with no place they stand alone."""
    with pytest.raises(RecordError, match=r"^each\[1\]: a share is 1 at most, got 2$"):
        from_data(Shares, {"each": [{"of": 0.5}, {"of": 2}]})
    with pytest.raises(RecordError, match=r"^a share is 1 at most, got 3$"):
        from_data(Share, {"of": 3.0})


def test_nested_values_are_found() -> None:
    """Values within values come back as their own types."""
    from made_runs import made_spec

    spec = made_spec()

    assert from_data(TrialSpec, to_data(spec)) == spec
