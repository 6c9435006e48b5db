"""The document of a run."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass, replace
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_runs import made_run, made_spec

from vedette.adapters.store.run_document import read_document, spec_hash, write_document
from vedette.errors import InternalError, InvalidError
from vedette.values.evidence import Check, Cuts, Distribution, Estimate, RepeatSummary, State, Summary, Verdict
from vedette.values.run import Probe, RefereeReport, Run
from vedette.values.trial import TrialSpec


def _of(kind: object) -> st.SearchStrategy:
    """Values of a frozen type, field by field from its annotations; numbers are finite."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: _of(hints[field.name]) for field in fields(kind)})
    if get_origin(kind) is tuple:
        first, *others = get_args(kind)
        if others == [...]:
            return st.lists(_of(first), max_size=2).map(tuple)
        return st.tuples(_of(first), *map(_of, others))
    if get_origin(kind) in {Union, UnionType}:
        return st.one_of(*map(_of, get_args(kind)))
    if kind is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    return st.from_type(kind)


@given(_of(TrialSpec))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_spec_comes_back(spec: TrialSpec) -> None:
    """A run can be done again: its spec is equal to what was written, whatever it holds."""
    run = replace(_RUN, spec=spec)

    assert read_document(write_document(run), "run.json") == run


@given(_of(Summary), _of(Verdict), st.tuples(_of(Probe)), _of(RefereeReport))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_any_evidence_comes_back(
    summary: Summary, verdict: Verdict, probes: tuple[Probe, ...], referee: RefereeReport
) -> None:
    """Every figure of a run is equal to what was written, to the last digit."""
    run = replace(_RUN, summary=summary, verdict=verdict, probes=probes, referee=referee)

    assert read_document(write_document(run), "run.json") == run


def test_made_run_comes_back() -> None:
    """A whole run with five repeats is equal to what was written."""
    assert read_document(write_document(_RUN), "run.json") == _RUN


def test_text_can_be_read_by_a_person() -> None:
    """The document begins with its schema, is indented, and has no NaN."""
    text = write_document(replace(_RUN, summary=_summary(float("nan"))))

    assert text.splitlines()[:2] == ["{", '  "schema": "vedette.run/1",']
    assert not re.search(r"\b(NaN|Infinity)\b", text)
    assert json.loads(text)["summary"]["latency"]["mean"]["value"] is None


def test_figure_that_must_be_there_is_refused_when_it_is_none() -> None:
    """A run whose sum is NaN is a mistake of ours, and the place is told."""
    latency = _summary(1.0).latency
    assert latency is not None
    run = replace(_RUN, summary=replace(_summary(1.0), latency=replace(latency, total_ms=float("nan"))))

    with pytest.raises(InternalError, match=r"summary\.latency\.total_ms: nan"):
        write_document(run)


def test_equal_specs_have_equal_hashes() -> None:
    """50 and 50.0 are one rate; another rate is another spec."""
    spec = made_spec()
    whole = replace(spec, load=replace(spec.load, rate=50))
    other = replace(spec, load=replace(spec.load, rate=50.5))

    assert spec == whole
    assert spec_hash(spec) == spec_hash(whole)
    assert spec_hash(spec) != spec_hash(other)


def test_hash_is_that_of_canonical_json() -> None:
    """The hash can be made again with another program: sorted keys, no spaces, whole numbers without a point."""
    import hashlib
    from dataclasses import asdict

    spec = made_spec(rate=2.5)
    data = asdict(spec)
    data["load"]["think_ms"], data["load"]["timeout_s"] = 0, 30
    data["target"]["service_ms"], data["monitor_hz"] = 0, 10
    data["limits"]["lateness_p99_ms"] = 5
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))

    assert spec_hash(spec) == hashlib.sha256(text.encode()).hexdigest()


def test_spec_that_cannot_be_stored_is_refused() -> None:
    """An endless pause is refused before anything is measured."""
    spec = made_spec()

    with pytest.raises(InvalidError, match=r"spec\.load\.think_ms: inf"):
        spec_hash(replace(spec, load=replace(spec.load, think_ms=float("inf"))))


def test_changed_spec_is_found() -> None:
    """A load that was edited after the run is not shown beside its figures."""
    text = write_document(_RUN).replace('"rate": 50.0', '"rate": 500.0')

    with pytest.raises(InvalidError, match="changed after the run"):
        read_document(text, "run.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON: Expecting value at line 1, column 1"),
        ('{"schema": "vedette.run/1",\n "id": }', "at line 2, column 8"),
        ('{"schema": NaN}', "NaN is no number of JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "holds list"),
        ('{"schema": "vedette.run/2"}', r"is of schema vedette\.run/2, this Vedette reads vedette\.run/1"),
        ('{"schema": 7}', "its schema is 7"),
        ("{}", "its schema is None"),
        ('{"schema": "vedette.run/1"}', "id: missing"),
    ],
)
def test_damaged_document_names_file_and_place(text: str, message: str) -> None:
    """What is no document of a run is refused with the file and the place."""
    with pytest.raises(InvalidError, match=message) as caught:
        read_document(text, "runs/x/run.json")

    assert caught.value.message.startswith("runs/x/run.json")


def test_every_truncation_is_refused() -> None:
    """A document that was cut off anywhere is never taken for a whole one."""
    text = write_document(_RUN)

    for length in range(0, len(text) - 2, 97):
        with pytest.raises(InvalidError):
            read_document(text[:length], "run.json")


def test_wrong_type_deep_inside_names_its_place() -> None:
    """The place of a wrong value is its path in the document."""
    data = json.loads(write_document(_RUN))
    data["summary"]["repeats"][2]["latency"]["percentiles"][1][1]["low"] = "fast"

    with pytest.raises(InvalidError, match=r"summary\.repeats\[2\]\.latency\.percentiles\[1\]\[1\]\.low: a number"):
        read_document(json.dumps(data), "run.json")


def _summary(mean: float) -> Summary:
    one = Estimate(1.0, 0.5, 1.5)
    distribution = Distribution(1, 1.0, 1.0, 1.0, one, 1.0, 1.0, Estimate(mean), None, ((50.0, one),), 1.0)
    repeat = RepeatSummary(0, 0, Cuts(0, 0.0, 0, 0.0), distribution, None, one, 0.1, None, None, None, None)
    return Summary(1, (), distribution, None, one, (None,), (repeat,))


_RUN: Run = replace(
    made_run(seed=3).run, verdict=Verdict((Check("load", State.FAIL, "why", 1.0, None),)), probes=(), notes=("a", "é")
)
