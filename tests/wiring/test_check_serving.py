"""Every problem of configuration and repository at once."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import numpy as np
import pytest
import trustme
from fakes import colour_manifest, write_colour_model, write_linear_model

from vedette.adapters.config.repository import Repository
from vedette.errors import NotFoundError
from vedette.rules.serving.precedence import Flags
from vedette.wiring.check_serving import Checked, check_serving

QUIET = "port: 0\ngrpc_port: 0\n"
TRITON = """
max_batch_size: 8
input { name: "x" data_type: TYPE_FP32 dims: [2] }
output { name: "y" data_type: TYPE_FP32 dims: [3] }
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one model of ours, one of Triton's and one without a description."""
    root = tmp_path / "models"
    colour = write_colour_model(tmp_path / "colour.onnx")
    Repository(root).save(colour_manifest("model.onnx"), {"model.onnx": colour})
    for name in ("Linear", "bare"):
        (root / name / "1").mkdir(parents=True)
        write_linear_model(root / name / "1/model.onnx", np.ones((2, 3)))
    (root / "Linear/config.pbtxt").write_text(TRITON)
    return root


def _check(folder: Path, text: str, **flags: object) -> Checked:
    file = folder / "vedette.yaml"
    file.write_text(text)
    return check_serving(file, Flags(**flags), {})


def _told(checked: Checked) -> list[tuple[str, int | None, str]]:
    return [(problem.key, problem.line, problem.value) for problem in checked.problems]


def test_a_sound_configuration_has_no_problem(root: Path) -> None:
    """Models of all kinds are listed, and what is taken otherwise than it says is noted."""
    checked = _check(root.parent, f"repository: models\n{QUIET}")

    assert checked.problems == ()
    assert checked.models == ("Linear version 1", "bare version 1", "colour version 1")
    assert checked.notes == ("bare: no model.yaml and no config.pbtxt: it is served as a model of plain tensors",)


def test_limits_with_which_a_server_starts_are_noted_only(root: Path) -> None:
    """They are hardly meant, but no reason not to start."""
    checked = _check(root.parent, f"repository: models\n{QUIET}limits: {{queue_images: 3, images: 4}}\n")

    assert checked.problems == ()
    assert checked.notes[-1].startswith("limits.queue_images is 3, limits.images 4")


def test_without_a_file_flags_and_environment_are_checked(root: Path) -> None:
    """Their problems name the command line and the variable."""
    flags = Flags(repository=str(root), models=("colour", "color"), port=0, grpc_port="0", host="0.0.0.0")
    checked = check_serving(None, flags, {})
    wrong = check_serving(None, Flags(repository=str(root)), {"VEDETTE_PORT": "x"})

    assert [(problem.file, problem.key) for problem in checked.problems] == [
        ("command line", "models[1].name"),
        ("command line", "host"),
    ]
    assert ("environment", "VEDETTE_PORT", "x") in [(each.file, each.key, each.value) for each in wrong.problems]


def test_the_home_folder_is_checked_without_a_repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server without --models would serve it."""
    monkeypatch.setenv("VEDETTE_HOME", str(root))

    assert len(check_serving(None, Flags(port=0, grpc_port="off"), {}).models) == 3


def test_all_problems_of_all_kinds_come_together(root: Path) -> None:
    """Schema, models, versions, files of a model: one run tells them, with their lines."""
    (root / "colour/1/model.onnx").write_bytes(b"other bytes")
    (root / "Linear/config.pbtxt").write_text(TRITON.replace("dims: [2]", "dims: [4]").replace('"y"', '"z"'))
    models = "models:\n  - name: colour\n  - name: Linear\n    versions: [1, 7]\n  - bar\n"
    text = f"repository: models\n{QUIET}pool_s: 3\n{models}"

    checked = _check(root.parent, text)

    assert _told(checked) == [
        ("pool_s", 4, "an unknown key"),
        ("models[1].versions", 8, "7"),
        ("models[2].name", 9, "bar"),
        ("", None, f"model 'colour' is damaged: {root}/colour/1/model.onnx has 11 bytes, {_size(root)} were saved"),
        ("input[0].dims", None, "[-1, 4]"),
        ("output[0].name", None, "z"),
    ]
    assert checked.problems[2].fix == "write bare"


def _size(root: Path) -> str:
    text = (root / "colour/model.yaml").read_text()
    return f"{int(text.rpartition(': ')[2].strip()):,}"


def test_each_key_of_a_manifest_is_a_problem_with_its_line(root: Path) -> None:
    """The reader of manifests tells several; each becomes a problem of its own."""
    file = root / "colour/model.yaml"
    text = file.read_text().replace("layout: NCHW", "layout: NCWH").replace("channels: 3", "chanels: 3")
    file.write_text(text)

    problems = check_serving(None, Flags(repository=str(root), port=0, grpc_port="0"), {}).problems

    lines = {line.partition(":")[0]: number for number, line in enumerate(text.splitlines(), 1)}
    assert {(problem.file, problem.line, problem.key) for problem in problems} == {
        (str(file), lines["layout"], "layout"),
        (str(file), lines["chanels"], "chanels"),
    }


def test_an_input_that_the_graph_does_not_have_is_found(root: Path) -> None:
    """The graph is read, not run."""
    file = root / "colour/model.yaml"
    file.write_text(file.read_text().replace("input_name: input", "input_name: image"))

    (problem,) = check_serving(None, Flags(repository=str(root), port=0, grpc_port="0"), {}).problems
    assert (problem.key, problem.value) == ("input_name", "image")


def test_a_file_that_is_no_model_is_found(root: Path) -> None:
    """A half copied file of a model without a recorded size shows when it is read."""
    (root / "bare/1/model.onnx").write_bytes(b"half")

    (problem,) = check_serving(None, Flags(repository=str(root), port=0, grpc_port="0"), {}).problems
    assert problem.file == str(root / "bare")


def test_a_refused_triton_model_is_told_with_its_line(root: Path) -> None:
    """The others are still looked at."""
    (root / "Linear/config.pbtxt").write_text('\nensemble_scheduling {}\nbackend: "python"\n')

    checked = check_serving(None, Flags(repository=str(root), port=0, grpc_port="0"), {})
    assert [(problem.line, problem.key) for problem in checked.problems] == [(2, "ensemble_scheduling"), (3, "backend")]
    assert len(checked.models) == 3


def test_a_batch_that_the_graph_does_not_take_is_told(root: Path) -> None:
    """max_batch_size needs an open batch dimension, and types have to be those of the graph."""
    write_colour_model(root / "Linear/1/model.onnx", batch=1)
    tensors = 'input { name: "input" data_type: TYPE_INT64 dims: [3, 8, -1] }'
    (root / "Linear/config.pbtxt").write_text(f"max_batch_size: 4 {tensors}")

    (batch, kind) = check_serving(None, Flags(repository=str(root), port=0, grpc_port="0"), {}).problems
    assert (batch.key, batch.value) == ("max_batch_size", "4")
    assert (kind.key, kind.value, kind.expected) == ("input[0].data_type", "INT64", "that of the graph: float32")


def test_a_repository_that_is_not_there_or_empty_is_a_problem(tmp_path: Path) -> None:
    """Nothing could be served."""
    (tmp_path / "empty").mkdir()

    gone = _check(tmp_path, f"repository: gone\n{QUIET}")
    empty = _check(tmp_path, f"repository: empty\n{QUIET}")
    assert _told(gone) == [("", None, "it is not there")]
    assert _told(empty) == [("", None, "no model")]


def test_stages_are_imported_and_not_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module beside the configuration is found; what fails is told with Python's reason."""
    (root.parent / "my_check_stages.py").write_text(
        "class Good:\n    def __init__(self):\n        raise SystemExit\nx = 3\n"
    )
    (root.parent / "my_broken_stages.py").write_text("import no_such_module_here\n")
    monkeypatch.setattr(sys, "path", [*sys.path])
    stages = "decide: 'my_check_stages:Good', preprocess: 'my_check_stages:x', postprocess: 'my_broken_stages:A'"
    text = f"repository: models\n{QUIET}models:\n  - name: colour\n    stages: {{{stages}}}\n"
    before = list(sys.path)

    checked = _check(root.parent, text)

    assert [(problem.key, problem.value) for problem in checked.problems] == [
        ("models[0].stages.preprocess", "my_check_stages:x"),
        ("models[0].stages.postprocess", "my_broken_stages:A"),
    ]
    assert "x is no class" in checked.problems[0].expected
    assert "No module named 'no_such_module_here'" in checked.problems[1].expected
    assert sys.path == before


def test_modules_of_a_model_folder_are_not_importable(root: Path) -> None:
    """Code is the operator's, never the repository's."""
    (root / "colour/evil_stage_module.py").write_text("class A: pass\n")
    text = f"repository: models\n{QUIET}models: [{{name: colour, stages: {{decide: 'evil_stage_module:A'}}}}]\n"

    (problem,) = _check(root.parent, text).problems
    assert "No module named" in problem.expected


def test_tls_files_are_read_and_belong_together(root: Path) -> None:
    """A pair passes; a key of another certificate and a missing file do not."""
    for name in ("one", "two"):
        certificate = trustme.CA().issue_cert("localhost")
        certificate.private_key_pem.write_to_path(root.parent / f"{name}.key")
        certificate.cert_chain_pems[0].write_to_path(root.parent / f"{name}.pem")
    start = f"repository: models\n{QUIET}tls: "

    assert _check(root.parent, f"{start}{{certificate: one.pem, key: one.key}}").problems == ()
    (other,) = _check(root.parent, f"{start}{{certificate: one.pem, key: two.key}}").problems
    (gone,) = _check(root.parent, f"{start}{{certificate: one.pem, key: gone.key}}").problems
    assert (other.key, other.line) == ("tls", 4)
    assert (gone.key, gone.line) == ("tls.key", 4)


def test_roots_of_files_must_be_there(root: Path) -> None:
    """A folder that is not there is named with its place."""
    (root.parent / "in").mkdir()

    checked = _check(root.parent, f"repository: models\n{QUIET}files:\n  inputs: [in, gone]\n  outputs: vedette.yaml\n")
    assert [(problem.key, problem.line) for problem in checked.problems] == [
        ("files.inputs[1]", 5),
        ("files.outputs[0]", 6),
    ]


def test_a_port_that_is_taken_is_told(root: Path) -> None:
    """Who asks for it learns it before the start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        checked = _check(root.parent, f"repository: models\nport: 0\ngrpc_port: {port}\n")

    assert [(problem.key, problem.line) for problem in checked.problems] == [("grpc_port", 3)]
    assert str(port) in checked.problems[0].value


def test_a_host_that_nobody_knows_is_one_problem(root: Path) -> None:
    """Ports are not looked at on it."""
    checked = _check(root.parent, f"repository: models\nhost: 'no host at all'\n{QUIET}")

    assert [problem.key for problem in checked.problems] == ["host"]


def test_contradictions_have_their_line(root: Path) -> None:
    """A value that cannot be meant beside another is told where it stands."""
    checked = _check(root.parent, f"repository: models\n{QUIET}metrics_public: true\n")

    assert _told(checked) == [("metrics_public", 4, "true")]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """There is nothing to check."""
    with pytest.raises(NotFoundError):
        check_serving(tmp_path / "gone.yaml", Flags(), {})
