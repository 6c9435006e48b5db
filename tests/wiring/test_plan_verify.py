"""Plans that are carried out with real processes, on a tiny model."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from carried_plans import CHEAPER, kept_job, kept_rate, ready
from profiled_models import given_profile
from timed_devices import planned

from vedette.errors import InvalidError, NotFoundError, UnsupportedError, UsageError
from vedette.rules.capacity.calibration import pair_of
from vedette.values.device import DeviceKind
from vedette.values.frame import Size
from vedette.values.plan import Plan
from vedette.wiring.carried import Carried
from vedette.wiring.plan_store import home_calibration, home_plans
from vedette.wiring.plan_verify import calibrated, duties_of, open_plan, verify_plan
from vedette.wiring.profiles import home_profiles

PROFILES = {"p-1": given_profile({1: 0.01, 4: 0.03})}
PROFILED = PROFILES["p-1"].profiled


def silent(_: str) -> None:
    """Nothing of it is tested."""


def test_plan_is_carried_out_by_processes_and_kept(home: Path) -> None:
    """Two devices at half a core do their own images; the verification and its pair are found again."""
    ready(home)
    plan = kept_job()

    found = verify_plan(open_plan("plan"), None, silent)

    assert [(run.device, run.number, run.images) for run in found.runs] == [("cpu:0.5", 1, 10), ("cpu:0.5", 2, 5)]
    assert found.reason == ""
    assert found.measured_s == max(run.took_s for run in found.runs)
    assert found.measured_s >= max(run.warm_up_s for run in found.runs) > 0
    assert found.held is True
    assert found.speed is not None
    assert found.speed > 0
    assert found.environment is not None
    assert home_plans().verifications("plan-1") == ((found,), ())
    assert calibrated(0.95)[0] == (pair_of(plan, found),) == home_calibration().read()[0]


def test_device_that_cannot_work_is_told_and_kept(home: Path) -> None:
    """A model that is gone ends in a reason, not in a crash; it counts as failed in the calibration."""
    ready(home)
    plan = kept_job(("cpu:0.5", 4, 10))
    (home / "colour" / "1" / "model.onnx").write_bytes(b"damaged")

    found = verify_plan(plan, None, silent, Carried(probe=False))

    assert found.measured_s is None
    assert found.reason.startswith("cpu:0.5 1: ")
    assert [one.failed for one in calibrated(0.95)[1]][:1] == [1]


@pytest.mark.parametrize("keep", [kept_job, kept_rate])
def test_plan_whose_model_was_removed_is_refused_and_counts_in_no_calibration(
    home: Path, keep: Callable[[], Plan]
) -> None:
    """Nothing was carried out, so nothing came of it: the prediction is not blamed."""
    ready(home)
    plan = keep()
    shutil.rmtree(home / "colour")

    with pytest.raises(NotFoundError, match=f"plan {plan.id} cannot be carried out: no model 'colour'"):
        verify_plan(plan, None, silent)
    assert home_plans().verifications() == ((), ())
    assert home_calibration().read() == ((), ())


def test_model_whose_file_has_changed_since_is_told(home: Path) -> None:
    """The same name and version with other weights is another model than the one that was profiled."""
    ready(home)
    home_profiles().put(replace(given_profile(CHEAPER), profiled=replace(PROFILED, model_sha256="0" * 64)))
    plan = kept_job(("cpu:0.5", 4, 4))

    found = verify_plan(plan, None, silent, Carried(probe=False))

    assert any(
        note.startswith("profile p-1: the file of colour has changed since: sha256 000000") for note in found.notes
    )


def test_what_was_measured_is_told_where_it_cannot_be_kept(home: Path) -> None:
    """A minute of measuring is not thrown away for want of room."""
    ready(home)
    plan = kept_job(("cpu:0.5", 4, 4))
    (home / "plans" / "verifications").write_text("a file where the folder would be")

    found = verify_plan(plan, None, silent, Carried(probe=False))

    assert found.measured_s is not None
    assert found.notes[-1].startswith("this verification is not kept: ")


def test_images_follow_each_other_over_the_devices() -> None:
    """Each device begins where the one before it ends, and goes round."""
    plan, _ = planned(("cpu:1", 1, 2), ("cpu:1", 1, 2), ("cpu:1", 1, 1))

    duties = duties_of(plan, PROFILES, ["a", "b", "c"], [0, 1, 2])

    assert [duty.order.images for duty in duties] == [("a", "b", "c"), ("c", "a", "b"), ("b", "c", "a")]
    assert [duty.order.cores for duty in duties] == [(0,), (1,), (2,)]
    assert [duty.order.version for duty in duties] == ["1", "1", "1"]


def test_latency_of_the_mini_batch_is_read_off_the_profile() -> None:
    """Between measured mini-batches it is the curve's."""
    plan, _ = planned(("cpu:1", 4, 8), ("cpu:1", 1, 8))

    duties = duties_of(plan, PROFILES, ["a"], [0, 1])

    assert [duty.later_s for duty in duties] == pytest.approx([0.03, 0.01])


def test_device_that_stands_by_is_not_started() -> None:
    """It has no images, for it only replaces one that is lost."""
    plan, _ = planned(("cpu:1", 1, 2), ("cpu:1", 1, 2))
    spare = replace(plan.assignments[1], images=0)

    duties = duties_of(replace(plan, assignments=(plan.assignments[0], spare)), PROFILES, ["a"], [0])

    assert len(duties) == 1


def test_plan_that_this_machine_cannot_carry_out_is_refused() -> None:
    """More devices than cores, devices of elsewhere, models side by side, images of a size that was not profiled."""
    plan, _ = planned(("cpu:1", 1, 2), ("cpu:1", 1, 2))
    first, second = plan.assignments
    elsewhere = replace(first, device=DeviceKind("edge-box", None))

    with pytest.raises(UnsupportedError, match="2 devices have 2 cores together"):
        duties_of(plan, PROFILES, ["a"], [0])
    with pytest.raises(UnsupportedError, match="edge-box is no CPU of this machine"):
        duties_of(replace(plan, assignments=(elsewhere,)), PROFILES, ["a"], [0])
    with pytest.raises(UnsupportedError, match="side by side on cpu:1 1"):
        duties_of(replace(plan, assignments=(first, replace(second, number=1))), PROFILES, ["a"], [0, 1])
    with pytest.raises(InvalidError, match="profile p-1"):
        duties_of(replace(plan, demand=replace(plan.demand, size=Size(64, 64))), PROFILES, ["a"], [0, 1])


def test_plan_without_assignments_or_profile_is_refused(home: Path) -> None:
    """An infeasible plan assigns nothing; a profile that was removed is named."""
    plan = kept_job()

    with pytest.raises(UsageError, match="assigns nothing"):
        verify_plan(replace(plan, assignments=()), None, silent)
    with pytest.raises(NotFoundError, match="p-1"):
        verify_plan(plan, None, silent)
    assert not (home / "plans" / "verifications").exists()
    assert os.listdir(home) == ["plans"]  # noqa: PTH208 - names
