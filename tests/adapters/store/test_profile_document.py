"""Profiles as text: the document's examples, every kind of damage, and nothing but refusals for junk."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.made_profiles import failed_point, made_point, profile_of
from vedette.adapters.store.given_profile import GivenDevice, GivenFile, GivenPoint
from vedette.adapters.store.profile_document import read_profile, write_profile
from vedette.errors import InvalidError, VedetteError
from vedette.rules.capacity.capable import batch_curve, capability
from vedette.rules.capacity.caveats import caveats
from vedette.values.profile import Failed, Origin, Profile, ProfilePoint
from vedette.values.tiling import Fill

DOCUMENT = Path(__file__).parents[3] / "docs/profiles.md"
EXAMPLES = re.findall(r"```(?:yaml|json)\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
WHOLE = write_profile(profile_of(made_point(1, 10.0), made_point(2, 20.0), failed_point(4)))
SHORT = "model: m\ndevice: board\npoints:\n  1: 95\n  4: 360\n"


def read(text: str) -> Profile:
    return read_profile(text, "profile.json")


def changed(change: Any) -> str:
    """The whole form with something changed."""
    data = json.loads(WHOLE)
    change(data)
    return json.dumps(data)


def test_the_examples_of_the_document_are_profiles() -> None:
    """The first two are the same; the third has a point with every key; the last is of the whole form."""
    first, second, full, whole = map(read, EXAMPLES)

    assert first == second
    assert [point.batch for point in first.points] == [1, 2, 4]
    assert full.points[0].latency_s.trials == 5
    assert full.created == "2026-05-12T10:00:00+02:00"
    assert full.profiled.tiling.fill is Fill.OVERVIEW
    assert whole.points[1].failed is Failed.OUT_OF_MEMORY
    assert all(profile.origin is Origin.GIVEN for profile in (first, full, whole))


def test_the_document_tells_every_key() -> None:
    """Of the short form and of the whole one."""
    text = DOCUMENT.read_text()
    short = {field.name for kind in (GivenFile, GivenPoint) for field in fields(kind)}
    short |= {f"device.{field.name}" for field in fields(GivenDevice)}
    table = set(
        re.findall(r"`([\w.\[\]]+)`", "".join(line.rpartition("|")[0] for line in text.splitlines() if line[:1] == "|"))
    )

    assert short <= table
    assert {field.name for field in fields(Profile)} - {"points"} <= table
    assert {field.name for field in fields(ProfilePoint)} - {"batch", "size"} <= table


def test_what_devices_do_not_share_is_kept_and_may_be_missing() -> None:
    """A document without it, as earlier ones are, tells that it is not known."""
    text = changed(lambda data: data["points"][0]["latency_s"].update(apart=0.0004))
    older = changed(lambda data: data["points"][0]["latency_s"].pop("apart"))

    assert read(text).points[0].latency_s.apart == 0.0004
    assert read(write_profile(read(text))) == read(text)
    assert read(older).points[0].latency_s.apart is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it holds nothing"),
        ("[1, 2]", "it holds list"),
        ("{", "line 1, column 2: not JSON"),
        ("a: [", "not YAML"),
        ("a: &x 1\nb: *x\n", "aliases"),
        ("a: 1\na: 2\n", "line 2: the key a is on line 1 already"),
        (SHORT + "  1: 96\n", "the key 1 is on line 4 already"),
        ('{"points": {"1": 2, "1": 3}}', "the key 1 is there twice"),
        ('{"points": NaN}', "NaN is no number"),
        ("[" * 5000, "nested too deeply"),
        ('{"a":' * 5000, "nested too deeply"),
        (SHORT.replace("95", "9" * 30), "is too large a number"),
        (SHORT.replace("95", "0"), "points[0] (batch 1): latency_s: a time is above 0, got 0 s"),
        (SHORT.replace("95", "1.0e+300"), "is beyond what is read"),
        (SHORT.replace("  4", "  5000"), "mini-batches of more than 4096 images are not read"),
        (SHORT.replace("points", "point"), "point: unknown key, did you mean points?"),
        (SHORT + "  - 3\n", "not YAML"),
        (SHORT + "quality: 101\n", "quality: 101 does not lie in 0..100"),
        (SHORT + "schema: vedette.profile/7\n", "vedette.profile/7, this Vedette reads vedette.profile/1"),
        (SHORT.replace("board", "{name: b, watts: 1.0e+300}"), "device.watts: 1e+300 is more than any device has"),
        (SHORT.replace("board", "{name: b, memory_mb: 1.0e+308}"), "infinity"),
        (changed(lambda data: data.pop("schema")), "it is no profile: its schema is 'None'"),
        (changed(lambda data: data.update(id="../x")), "id: '../x' cannot be the name of a file"),
        (changed(lambda data: data.update(points=[])), "points: a profile has one at least"),
        (changed(lambda data: data["profiled"].update(fixed_batch=0)), "one row at least, got fixed_batch 0"),
        (changed(lambda data: data.update(origin="given")), "a given one has none"),
        (changed(lambda data: data.update(environment=None)), "a measured profile has an environment"),
        (changed(lambda data: data.update(secconds=1)), "secconds: unknown key, did you mean seconds?"),
        (changed(lambda data: data["points"].append(data["points"][0])), "each pair of image size and batch once"),
        (changed(lambda data: data["points"][1].update(peak_byte=1)), "unknown key, did you mean peak_bytes?"),
        (changed(lambda data: data["points"][1]["warm_up_s"].update(mean=-1)), "points[1].warm_up_s: an amount"),
        (changed(lambda data: data["points"][0]["latency_s"].update(apart=-1)), "points[0].latency_s: an amount"),
        (changed(lambda data: data["points"][0]["latency_s"].update(apart=1e8)), "latency_s: 0.01 is beyond what is"),
        (changed(lambda data: data["points"][0].pop("warm_up_s")), "points[0]: a point has latency_s and warm_up_s"),
        (changed(lambda data: data["points"][0].update(peak_bytes=-1)), "peak_bytes is 0 or more, got -1"),
        (changed(lambda data: data["points"][0].update(batch=True)), "points[0].batch: a whole number is expected"),
        (changed(lambda data: data["points"][0]["latency_s"].update(trials=0)), "each trial has one value at least"),
        (changed(lambda data: data["profiled"].update(model="")), "model: it names none"),
        (changed(lambda data: data["profiled"]["device"].update(cores=0)), "a device has a share of the cores above 0"),
        ("x" * 5_000_001, "are no profile"),
        ("x" * 200_001, "more than 200,000 characters of YAML are not read"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_and_place(text: str, told: str) -> None:
    """And with the next step."""
    with pytest.raises(InvalidError) as error:
        read(text)

    assert told in error.value.message
    assert error.value.message.startswith("profile.json: ")
    assert "docs/profiles.md" in error.value.help


def used(profile: Profile) -> None:
    """Everything that is made of a profile."""
    size = profile.points[0].size
    with suppress(VedetteError):
        assert len(batch_curve(profile, size).points) <= len(profile.points)
        assert capability(profile, size).profile == profile.id
        assert all(caveats(profile, size))


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([10**30, -1, 0, 1e308]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(data: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with each of its keys."""
    if not isinstance(data, dict | list):
        return []
    keys = list(data) if isinstance(data, dict) else list(range(len(data)))
    return [(data, key) for key in keys] + [place for key in keys for place in places(data[key])]


@given(st.sampled_from([WHOLE, *(one for one in EXAMPLES if one.startswith("{"))]), st.data())
@settings(max_examples=120, deadline=None)
def test_a_document_with_any_value_changed_is_read_and_can_be_used_or_is_refused(
    text: str, drawn: st.DataObject
) -> None:
    """Never another exception."""
    data = json.loads(text)
    holder, key = drawn.draw(st.sampled_from(places(data)))
    holder[key] = drawn.draw(JUNK)

    with suppress(VedetteError):
        used(read(json.dumps(data)))


@given(st.text(max_size=60) | st.sampled_from([SHORT, *EXAMPLES]), st.integers(0, 400), st.text(max_size=4))
@example("a: !!python/object:os.system x", 0, "")
@example("a: 2001-99-99", 0, "")
@example("? [1, 2]\n: 3", 0, "")
@example("- " * 3000, 0, "")
@example("a: 1:72:99", 0, "")
@example("%YAML 3.0\n---\na: 1", 0, "")
@settings(max_examples=80, deadline=None)
def test_any_text_is_a_profile_or_refused(text: str, place: int, put: str) -> None:
    """Also an example with some characters changed."""
    with suppress(VedetteError):
        used(read(text[:place] + put + text[place + 1 :]))
