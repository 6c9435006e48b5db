"""The files that a plan becomes, as `vedette serve` reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from carried_plans import CHEAPER, kept_job, kept_rate, ready
from profiled_models import given_profile

from vedette.adapters.config.serving_file import read_serving
from vedette.errors import ConflictError, NotFoundError, UsageError
from vedette.rules.batching.policy import policy_for
from vedette.rules.capacity.capable import batch_curve
from vedette.rules.serving.precedence import Flags
from vedette.values.execution import Precision, RuntimeName
from vedette.wiring.check_serving import check_serving
from vedette.wiring.instances import find_manifest
from vedette.wiring.opening import ServingOpener
from vedette.wiring.plan_apply import apply_plan

PORT = 18_421


def test_server_accepts_the_file_and_runs_the_policy_of_the_plan(home: Path, tmp_path: Path) -> None:
    """`vedette serve --check` finds no problem, and the model that is opened batches as the plan simulated."""
    ready(home)
    plan = kept_rate()

    (file,) = apply_plan(plan, tmp_path / "vedette.yaml", PORT)
    checked = check_serving(file, Flags(), {})
    serving = read_serving(file)
    (model,) = serving.models
    loaded = ServingOpener(lambda _: None).open(find_manifest("colour", lambda _: None), model)
    curve = batch_curve(given_profile(CHEAPER))

    assert checked.problems == ()
    assert checked.models == ("colour version 1",)
    assert (serving.port, serving.grpc_port) == (PORT, PORT + 1)
    assert (model.runtime, model.precision, model.threads) == (RuntimeName.ONNXRUNTIME, Precision.FP32, 1)
    assert loaded.policy == policy_for(curve, 4, 40.0)
    assert loaded.policy.size == 4


def test_each_server_has_a_file_and_ports_of_its_own(home: Path, tmp_path: Path) -> None:
    """Two devices: two numbered files, every port once, one profile beside them."""
    ready(home)

    files = apply_plan(kept_job(), tmp_path / "vedette.yaml", PORT)
    serving = [read_serving(file) for file in files]

    assert [file.name for file in files] == ["vedette-1.yaml", "vedette-2.yaml"]
    assert [(one.port, one.grpc_port) for one in serving] == [(PORT, PORT + 1), (PORT + 2, PORT + 3)]
    assert [one.models[0].max_batch for one in serving] == [4, 2]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["p-1.profile.json", "vedette-1.yaml", "vedette-2.yaml"]
    assert all(not check_serving(file, Flags(), {}).problems for file in files)


def test_what_the_file_cannot_say_is_in_its_comments(home: Path, tmp_path: Path) -> None:
    """Shares, images, and the plan that it is of."""
    ready(home)

    file, _ = apply_plan(kept_job(), tmp_path / "vedette.yaml", PORT)
    comments = " ".join(line.lstrip("# ") for line in file.read_text().splitlines() if line.startswith("#"))

    assert "Plan plan-1, server 1 of 2: cpu:0.5 1." in comments
    assert "0.5 of the cores" in comments
    assert "send it 10 images for colour, 4 or more at a time" in comments


def test_files_that_are_there_are_replaced_only_on_request(home: Path, tmp_path: Path) -> None:
    """Nothing is written if one of them would be lost; writing the same again is fine."""
    ready(home)
    plan = kept_job()
    (tmp_path / "vedette-2.yaml").write_text("mine")

    with pytest.raises(ConflictError, match="is there already"):
        apply_plan(plan, tmp_path / "vedette.yaml", PORT)
    assert [one.name for one in tmp_path.iterdir()] == ["vedette-2.yaml"]

    apply_plan(plan, tmp_path / "vedette.yaml", PORT, replace=True)
    apply_plan(plan, tmp_path / "vedette.yaml", PORT)
    assert (tmp_path / "vedette-2.yaml").read_text() != "mine"


def test_what_cannot_be_written_is_refused(home: Path, tmp_path: Path) -> None:
    """No folder, too high ports, a plan without servers, a folder in the file's place."""
    ready(home)
    plan = kept_job()

    with pytest.raises(NotFoundError, match="there is no folder"):
        apply_plan(plan, tmp_path / "none" / "vedette.yaml", PORT)
    with pytest.raises(UsageError, match="more ports than there are"):
        apply_plan(plan, tmp_path / "vedette.yaml", 65_534)
    with pytest.raises(UsageError, match="assigns nothing"):
        apply_plan(replace(plan, assignments=()), tmp_path / "vedette.yaml", PORT)
    (tmp_path / "vedette-1.yaml").mkdir()
    with pytest.raises(ConflictError, match="is a folder"):
        apply_plan(plan, tmp_path / "vedette.yaml", PORT, replace=True)


def test_check_names_a_profile_that_contradicts_the_file(home: Path, tmp_path: Path) -> None:
    """A file that was edited is told with its line."""
    ready(home)
    file = apply_plan(kept_rate(), tmp_path / "vedette.yaml", PORT)[0]
    file.write_text(file.read_text().replace('runtime: "onnxruntime"', "runtime: openvino"))

    (problem,) = check_serving(file, Flags(), {}).problems

    assert problem.key == "models[0].profile"
    assert "was measured with onnxruntime, not with openvino" in problem.expected
    assert problem.line is not None
