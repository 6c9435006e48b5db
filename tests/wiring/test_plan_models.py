"""The models that a plan is carried out with, as they are now."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from carried_plans import CHEAPER, kept_job, ready
from profiled_models import given_profile

from vedette.errors import NotFoundError
from vedette.wiring.plan_models import model_files

PROFILE = given_profile(CHEAPER)


def silent(_: str) -> None:
    """Nothing of it is tested."""


def test_file_behind_each_profile_is_told_by_its_hash(home: Path) -> None:
    """The same that hashing it by hand gives; a profile of an older version is not compared."""
    ready(home)
    older = replace(PROFILE, id="p-0", profiled=replace(PROFILE.profiled, version="0"))

    found = model_files(kept_job(), {"p-1": PROFILE, "p-0": older}, silent)

    assert found == {"p-1": hashlib.sha256((home / "colour" / "1" / "model.onnx").read_bytes()).hexdigest()}


def test_model_that_is_gone_is_not_found_and_a_damaged_one_left_to_its_device(home: Path) -> None:
    """The message names the plan; a damaged file is told by the process that cannot load it."""
    ready(home)
    (home / "colour" / "1" / "model.onnx").write_bytes(b"damaged")
    plan = kept_job()

    assert model_files(plan, {"p-1": PROFILE}, silent) == {}
    shutil.rmtree(home / "colour")
    with pytest.raises(NotFoundError, match=f"plan {plan.id} cannot be carried out"):
        model_files(plan, {"p-1": PROFILE}, silent)
