"""Plans and verifications as files."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timed_devices import planned, rate_plan

from vedette.adapters.store.plans import PlanFolder
from vedette.errors import InvalidError, NotFoundError, UnavailableError, VedetteError
from vedette.rules.capacity.verdict import judged
from vedette.values.plan import Plan
from vedette.values.verification import DeviceRun

PLAN, _ = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6))


def kept(folder: Path, *plans: Plan) -> PlanFolder:
    store = PlanFolder(folder)
    for plan in plans:
        store.put(plan)
    return store


@pytest.mark.parametrize("plan", [PLAN, rate_plan()], ids=["deadline", "rate"])
def test_plan_comes_back_as_it_was(tmp_path: Path, plan: Plan) -> None:
    """Every field survives the file, whose schema is stated."""
    store = kept(tmp_path / "plans", plan)

    assert store.get(plan.id) == plan
    assert json.loads((tmp_path / "plans" / f"{plan.id}.json").read_text())["schema"] == "vedette.plan/1"
    assert [file.name for file in (tmp_path / "plans").iterdir()] == [f"{plan.id}.json"]


def test_plan_is_found_by_id_prefix_path_and_last(tmp_path: Path) -> None:
    """An id that is also the start of another one is itself; `last` is the newest by its time."""
    old, new = replace(PLAN, id="a-1", created="2026-01-02"), replace(PLAN, id="a-12", created="2026-01-01")
    store = kept(tmp_path, old, new)

    assert store.get("a-1") == old
    assert store.get("a-12") == new
    assert store.get(str(tmp_path / "a-12.json")) == new
    assert store.get("last") == store.newest() == old
    assert store.all() == ((new, old), ())


def test_name_of_several_or_none_is_refused_with_the_next_step(tmp_path: Path) -> None:
    """The message lists those that begin so, or the nearest."""
    store = kept(tmp_path, replace(PLAN, id="a-1"), replace(PLAN, id="a-2"))

    with pytest.raises(NotFoundError, match="2 plans begin with a"):
        store.get("a")
    with pytest.raises(NotFoundError) as unknown:
        store.get("a_1")
    assert "did you mean a-1" in unknown.value.help
    with pytest.raises(NotFoundError, match="no plan is in"):
        PlanFolder(tmp_path / "none").get("last")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a\0b"])
def test_id_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    """A plan never lands outside of its folder."""
    with pytest.raises(InvalidError):
        PlanFolder(tmp_path).put(replace(PLAN, id=name))


def test_files_that_cannot_be_used_are_named_and_the_others_listed(tmp_path: Path) -> None:
    """Damaged, newer and foreign files are left out, each with its reason."""
    store = kept(tmp_path, PLAN)
    (tmp_path / "cut.json").write_text('{"schema": "vedette.plan/1", "id"')
    (tmp_path / "newer.json").write_text('{"schema": "vedette.plan/2"}')
    (tmp_path / "foreign.json").write_text("[1]")
    text = (tmp_path / "plan-1.json").read_text()
    (tmp_path / "negative.json").write_text(text.replace('"images": 18', '"images": -1'))

    plans, problems = store.all()

    assert plans == (PLAN,)
    assert len(problems) == 4
    assert "this Vedette reads vedette.plan/1" in problems[3]


@pytest.mark.parametrize("name", ["../../evil", "a/b", ".x", ""])
def test_file_whose_plan_would_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """Verifications are named after the id of a plan, so that one made by others could place files anywhere."""
    file = kept(tmp_path, PLAN).put(PLAN)
    file.write_text(file.read_text().replace('"id": "plan-1"', f'"id": {json.dumps(name)}'))

    for spelled in ("plan-1", str(file)):
        with pytest.raises(InvalidError, match="cannot be the name of a plan"):
            PlanFolder(tmp_path).get(spelled)


def test_copy_under_another_name_is_told_and_not_listed_twice(tmp_path: Path) -> None:
    """A plan of the folder has one file; elsewhere it may have any name."""
    store = kept(tmp_path / "plans", PLAN)
    text = (tmp_path / "plans" / "plan-1.json").read_text()
    for copy in (tmp_path / "plans" / "copy.json", tmp_path / "mine.json"):
        copy.write_text(text)

    plans, problems = store.all()

    assert plans == (PLAN,)
    assert [problem.partition("copy.json ")[2] for problem in problems] == ["holds the plan plan-1"]
    assert store.get(str(tmp_path / "mine.json")) == PLAN
    with pytest.raises(InvalidError) as refused:
        store.get("copy")
    assert refused.value.help == "rename it to plan-1.json"


def test_verifications_are_kept_beside_each_other(tmp_path: Path) -> None:
    """A second one never replaces the first; those of a plan come oldest first."""
    store = kept(tmp_path, PLAN)
    runs = (DeviceRun("cpu:1", 1, 12, 0.5, 0.2, 1.0, speed=0.9),)
    first = replace(judged(PLAN, 1.0), runs=runs, created="1", notes=("a note",), speed=0.9)
    second = replace(judged(PLAN, None, "it died"), created="2")
    other = replace(judged(rate_plan(), 0.1), created="0")

    for one in (second, first, other):
        store.put_verification(one)

    assert store.verifications("plan-1") == ((first, second), ())
    assert store.verifications() == ((other, first, second), ())
    assert store.all() == ((PLAN,), ())


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where the folder should be is an error with the next step, not a crash."""
    (tmp_path / "plans").write_text("a file")

    with pytest.raises(UnavailableError):
        PlanFolder(tmp_path / "plans").put(PLAN)
    with pytest.raises(UnavailableError):
        PlanFolder(tmp_path / "plans").put_verification(judged(PLAN, 1.0))


@settings(max_examples=60)
@given(data=st.data())
def test_damaged_files_are_never_more_than_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data) -> None:
    """Any value in the place of any other, or any cut, ends in a VedetteError or a plan."""
    folder = tmp_path_factory.mktemp("plans")
    file = kept(folder, PLAN).put(PLAN)
    document = json.loads(file.read_text())
    places = [*((document, key) for key in document), *((document["demand"], key) for key in document["demand"])]
    place, key = data.draw(st.sampled_from(places))
    junk = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2))
    place[key] = data.draw(junk)
    text = json.dumps(document)
    file.write_text(text[: data.draw(st.sampled_from([len(text), len(text) // 2, 0]))])

    found: object = None
    with suppress(VedetteError):
        found = PlanFolder(folder).get("plan-1")
    assert found is None or isinstance(found, Plan)
