"""What is done with the versions of one model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.repository.plan import GONE_AFTER, Act, Held, Wanted, plan
from vedette.values.found import FileState


def files(content: int) -> tuple[FileState, ...]:
    return (FileState("model.onnx", content, content),)


def acts(wanted: list[Wanted], held: list[Held]) -> dict[str, Act]:
    steps = plan(wanted, held)
    assert len({step.version for step in steps}) == len(steps)
    return {step.version: step.act for step in steps}


def test_a_new_version_is_loaded_once_its_files_are_settled() -> None:
    """An unsettled one is left alone; both times the old one goes on."""
    old = Held("1", files(1), ready=True)

    assert acts([Wanted("2", files(2), settled=False)], [old]) == {"1": Act.KEEP}
    assert acts([Wanted("2", files(2), settled=True)], [old]) == {"2": Act.LOAD, "1": Act.KEEP}


def test_the_old_version_leaves_when_the_new_one_is_ready() -> None:
    """Only what serves may take over."""
    wanted, old = [Wanted("2", files(2), settled=True)], Held("1", files(1), ready=True)

    assert acts(wanted, [old, Held("2", files(2), ready=False)]) == {"1": Act.KEEP, "2": Act.KEEP}
    assert acts(wanted, [old, Held("2", files(2), ready=True)]) == {"1": Act.UNLOAD, "2": Act.KEEP}


def test_what_failed_is_tried_again_when_its_files_change() -> None:
    """The same files would fail again."""
    failed = Held("1", files(1), ready=False)

    assert acts([Wanted("1", files(1), settled=True)], [failed]) == {"1": Act.KEEP}
    assert acts([Wanted("1", files(9), settled=True)], [failed]) == {"1": Act.LOAD}
    assert acts([Wanted("1", files(9), settled=False)], [failed]) == {"1": Act.KEEP}


def test_changed_files_of_a_version_that_serves_are_loaded_beside() -> None:
    """A load of a version that serves is a reload."""
    assert acts([Wanted("1", files(2), settled=True)], [Held("1", files(1), ready=True)]) == {"1": Act.LOAD}


def test_a_version_has_gone_after_two_scans() -> None:
    """A folder that is renamed may be away for a moment."""
    assert acts([], [Held("1", files(1), ready=True, missing=1)]) == {"1": Act.KEEP}
    assert acts([], [Held("1", files(1), ready=True, missing=2)]) == {"1": Act.UNLOAD}


def test_a_version_that_has_gone_is_kept_until_its_successor_serves() -> None:
    """Nothing is dropped for one that is on its way, or that has failed."""
    gone = Held("1", files(1), ready=True, missing=5)
    coming = [Wanted("2", files(2), settled=False)]

    assert acts(coming, [gone]) == {"1": Act.KEEP}
    assert acts(coming, [gone, Held("2", files(2), ready=False)]) == {"1": Act.KEEP, "2": Act.KEEP}
    assert acts(coming, [gone, Held("2", files(2), ready=True)]) == {"1": Act.UNLOAD, "2": Act.KEEP}


def test_what_failed_and_has_gone_is_forgotten() -> None:
    """It serves nobody, so nothing has to take its place."""
    failed = Held("1", files(1), ready=False, missing=2)

    assert acts([Wanted("2", files(2), settled=False)], [failed]) == {"1": Act.UNLOAD}


versions = st.sampled_from(["1", "2", "3"])
wishes = st.lists(
    st.builds(Wanted, versions, st.integers(1, 3).map(files), st.booleans()), unique_by=lambda one: one.version
)
holdings = st.lists(
    st.builds(Held, versions, st.integers(1, 3).map(files), st.booleans(), st.integers(0, 3)),
    unique_by=lambda one: one.version,
)


@given(wishes, holdings)
def test_no_plan_ever_takes_away_what_nothing_replaces(wanted: list[Wanted], held: list[Held]) -> None:
    """Whatever is seen: unsettled or unchanged files are not loaded, and what serves leaves only if it may."""
    by_version, served = {one.version: one for one in held}, {one.version for one in wanted}
    for version, act in acts(wanted, held).items():
        own = by_version.get(version)
        if act is Act.LOAD:
            (one,) = [each for each in wanted if each.version == version]
            assert one.settled
            assert own is None or own.files != one.files
        if act is Act.UNLOAD:
            assert version not in served
            assert own is not None
            assert own.missing in (0, *range(GONE_AFTER, 9))
            others = [by_version.get(each) for each in served]
            assert not own.ready or all(other is not None and other.ready for other in others)


@given(wishes, holdings)
def test_every_version_has_its_step(wanted: list[Wanted], held: list[Held]) -> None:
    """What is held is always spoken of, and a wanted one that is not held exactly if it can be loaded."""
    expected = {one.version for one in held} | {one.version for one in wanted if one.settled}

    assert set(acts(wanted, held)) == expected
