"""`vedette.yaml` as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.adapters.config.serving_file import keys_of, lint, lint_text, read_serving
from vedette.adapters.config.serving_schema import ServingFile
from vedette.adapters.config.yaml_lines import MAX_CHARACTERS, read_lined
from vedette.errors import NotFoundError, UsageError
from vedette.values.deadline import DeadlineClass
from vedette.values.execution import Optimise, Precision, RuntimeName
from vedette.values.problem import Problem
from vedette.values.serving import (
    FetchPolicy,
    FilePolicy,
    Key,
    Limits,
    LogOptions,
    ModelOptions,
    PipelineOptions,
    Right,
    Serving,
    StageNames,
    Tls,
    VersionPolicy,
)

HASH = "sha256:" + "0123456789abcdef" * 4
WHOLE = f"""
repository: models
models:
  - plain
  - name: Full_1
    versions: [1, 3]
    runtime: openvino
    precision: bf16
    device: cuda:0
    threads: 2
    optimise: latency
    isolated: true
    target_latency_ms: 45ms
    max_batch: 4
    deadline: best-effort
    warm_up: 0
    stages: {{preprocess: "a.b:C", postprocess: "d:E", decide: "f:G"}}
host: 0.0.0.0
port: 80
grpc_port: off
insecure: true
poll_s: never
keys:
  - {{name: camera, hash: "{HASH}"}}
  - {{name: boss, hash: "{HASH}", rights: [infer, admin], rate: 2.5}}
tls: {{certificate: a.pem, key: /etc/b.pem, clients: c.pem}}
limits:
  body_bytes: 1MiB
  decompressed_bytes: 2MB
  head_bytes: 8kB
  json_depth: 5
  pixels: 100
  images: 1
  tensors: 2
  queue_images: 3
  queue_bytes: 1GiB
  connections: 4
  head_s: 500ms
  body_bytes_per_s: 10
  idle_s: 2min
  drain_s: 1.5
fetch: {{hosts: "*.example", schemes: [https], private: true, max_bytes: 1kB, timeout_s: 3s, redirects: 0}}
files: {{inputs: [in, /data], outputs: out}}
pipelines:
  - {{name: gate, models: [plain], input: "rtsp://camera/1", outputs: {{a: "file:///x", b: "http://y"}}}}
log: {{format: json, level: debug, requests: true}}
otel_endpoint: http://127.0.0.1:4318
metrics_public: true
"""


def _lint(text: str) -> tuple[Problem, ...]:
    return lint_text(text, "f", Path("/conf")).problems


def test_every_key_becomes_its_value(tmp_path: Path) -> None:
    """Units are read, bare names and single texts stand for entries and lists, paths count from the file."""
    file = tmp_path / "vedette.yaml"
    file.write_text(WHOLE)

    assert read_serving(file) == Serving(
        repository=str(tmp_path / "models"),
        models=(
            ModelOptions("plain"),
            ModelOptions(
                "Full_1",
                VersionPolicy(None, ("1", "3")),
                RuntimeName.OPENVINO,
                Precision.BF16,
                "cuda:0",
                2,
                Optimise.LATENCY,
                isolated=True,
                target_latency_ms=45.0,
                max_batch=4,
                deadline=DeadlineClass.BEST_EFFORT,
                warm_up=0,
                stages=StageNames("a.b:C", "d:E", "f:G"),
            ),
        ),
        host="0.0.0.0",
        port=80,
        grpc_port=None,
        insecure=True,
        poll_s=None,
        keys=(
            Key("camera", HASH, frozenset({Right.INFER})),
            Key("boss", HASH, frozenset({Right.INFER, Right.ADMIN}), 2.5),
        ),
        tls=Tls(str(tmp_path / "a.pem"), "/etc/b.pem", str(tmp_path / "c.pem")),
        limits=Limits(2**20, 2_000_000, 8000, 5, 100, 1, 2, 3, 2**30, 4, 0.5, 10, 120.0, 1.5),
        fetch=FetchPolicy(("*.example",), ("https",), private=True, max_bytes=1000, timeout_s=3.0, redirects=0),
        files=FilePolicy((str(tmp_path / "in"), "/data"), (str(tmp_path / "out"),)),
        pipelines=(PipelineOptions("gate", ("plain",), "rtsp://camera/1", (("a", "file:///x"), ("b", "http://y"))),),
        log=LogOptions("json", "DEBUG", requests=True),
        otel_endpoint="http://127.0.0.1:4318",
        metrics_public=True,
    )


@pytest.mark.parametrize("text", ["", "# only a comment\n", "{}"])
def test_an_empty_file_is_all_defaults(text: str) -> None:
    """Nothing has to be written."""
    linted = lint_text(text, "f", Path())

    assert linted.serving == Serving()
    assert linted.problems == ()


def test_every_key_of_the_values_is_a_key_of_the_file() -> None:
    """Names are those of the values, so that an error of the server names the key to change."""
    assert set(keys_of(())) == set(Serving.__dataclass_fields__)
    assert set(keys_of(("models", 0))) == set(ModelOptions.__dataclass_fields__)
    assert set(keys_of(("models", 0, "stages"))) == set(StageNames.__dataclass_fields__)
    assert set(keys_of(("keys", 0))) == set(Key.__dataclass_fields__)
    assert set(keys_of(("tls",))) == set(Tls.__dataclass_fields__)
    assert set(keys_of(("limits",))) == set(Limits.__dataclass_fields__)
    assert set(keys_of(("fetch",))) == set(FetchPolicy.__dataclass_fields__)
    assert set(keys_of(("files",))) == set(FilePolicy.__dataclass_fields__)
    assert set(keys_of(("pipelines", 0))) == set(PipelineOptions.__dataclass_fields__)
    assert set(keys_of(("log",))) == set(LogOptions.__dataclass_fields__)


def test_every_problem_is_told_with_place_line_value_expected_and_fix(tmp_path: Path) -> None:
    """One reading of a file tells all of them, in the order of its lines."""
    file = tmp_path / "v.yaml"
    file.write_text(
        "hosst: x\nport: eighty\nmodels:\n  - name: a\n    versions: latest 0\nlimits: {pixels: -1}\nport: 1\n"
    )

    versions = "latest, latest 2, all, or a list of versions as [1, 3]"
    assert lint(file).problems == (
        Problem(str(file), "hosst", "an unknown key", "host", "write host", 1),
        Problem(str(file), "port", "eighty", "a whole number", "write `port: 8000`", 2),
        Problem(str(file), "models[0].versions", "latest 0", versions, "write `versions: latest 2`", 5),
        Problem(
            str(file), "limits.pixels", "-1", "a number greater than or equal to 1", "write `pixels: 200_000_000`", 6
        ),
        Problem(str(file), "port", "it is on line 2 already", "each key once", "delete one of them", 7),
    )
    with pytest.raises(UsageError, match=r"5 problems\n  .*v.yaml:1: hosst: an unknown key: expected host\n"):
        read_serving(file)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("port: 70000", "port"),
        ("port: true", "port"),
        ("port: '80'", "port"),
        ("grpc_port: on", "grpc_port"),
        ("insecure: 'yes please'", "insecure"),
        ("insecure: 1", "insecure"),
        ("poll_s: 0", "poll_s"),
        ("poll_s: .nan", "poll_s"),
        ("poll_s: 3 parsecs", "poll_s"),
        ("models: {a: b}", "models"),
        ("models: [../a]", "models[0].name"),
        ("models: [{}]", "models[0].name"),
        ("models: [{name: a, versions: []}]", "models[0].versions"),
        ("models: [{name: a, versions: [x]}]", "models[0].versions"),
        ("models: [{name: a, versions: true}]", "models[0].versions"),
        ("models: [{name: a, runtime: tensorrt}]", "models[0].runtime"),
        ("models: [{name: a, device: 'GPU 0'}]", "models[0].device"),
        ("models: [{name: a, stages: {decide: os.system}}]", "models[0].stages.decide"),
        ("models: [{name: a, stages: {decide: '../x:Y'}}]", "models[0].stages.decide"),
        ("limits: {body_bytes: 64 MEGS}", "limits.body_bytes"),
        ("limits: {head_s: -1s}", "limits.head_s"),
        ("limits: {images: 1.5}", "limits.images"),
        ("limits: [1]", "limits"),
        ("fetch: {schemes: [gopher]}", "fetch.schemes[0]"),
        ("fetch: {schemes: []}", "fetch.schemes"),
        ("files: {inputs: [{}]}", "files.inputs[0]"),
        ("files: {inputs: ['~no-such-user-here/x']}", "files.inputs[0]"),
        ("keys: [{name: a}]", "keys[0].hash"),
        ("log: {level: loud}", "log.level"),
        ("otel_endpoint: collector", "otel_endpoint"),
        ("tls: {certificate: a}", "tls.key"),
        ("pipelines: [{name: a, outputs: [x]}]", "pipelines[0].outputs"),
        ("host: ''", "host"),
        ("host:", "host"),
    ],
)
def test_a_wrong_value_is_one_problem_at_its_key(text: str, key: str) -> None:
    """Numbers, names, units, choices and types are strict."""
    (problem,) = _lint(text)

    assert problem.key == key
    assert problem.line == 1
    assert problem.expected
    assert problem.fix


@pytest.mark.parametrize(
    ("text", "value", "line"),
    [
        ("port: 1\n\thost: x", "a tab", 2),
        ("port: *nowhere", "an alias (*) without its anchor (&), or more than one document", 1),
        ("---\nport: 1\n---\nport: 2", "an alias (*) without its anchor (&), or more than one document", 3),
        ("host: !!python/object/apply:os.system [x]", "a value with a tag (!)", 1),
        ("host: !secret x", "a value with a tag (!)", 1),
        ("port: [1", "expected ',' or ']', but got '<stream end>'", 1),
        ("[a, b]", "a list", 1),
        ("just words", "one value", 1),
        ("null", "nothing", 1),
        ("? [a]\n: b", "a key that is no text", 1),
        ("port: \x01", "a character that YAML does not allow", None),
        ("host: &a [*a]", "more than 20,000 values", None),
        ("x: " + "[\n" * 5000, "values nested too deeply", None),
        ("#" * (MAX_CHARACTERS + 1), "more than 100,000 characters", None),
    ],
)
def test_what_is_no_plain_yaml_is_a_problem(text: str, value: str, line: int | None) -> None:
    """Tabs, tags, aliases that blow up, deep nesting and huge files end in a problem, never in an exception."""
    first = _lint(text)[0]

    assert first.value.startswith(value)
    assert first.line == line


def test_a_bomb_of_aliases_is_refused() -> None:
    """Nine levels of nine aliases would be a billion values."""
    levels = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]

    assert [problem.value for problem in _lint("\n".join(levels))] == ["more than 20,000 values"]


def test_an_alias_that_is_no_bomb_is_followed() -> None:
    """A folder written once may be used twice."""
    linted = lint_text("files: {inputs: &data [/data], outputs: *data}", "f", Path())

    assert linted.serving == Serving(files=FilePolicy(("/data",), ("/data",)))


SECRET = "hunter2-hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"keys: [{{name: a, hash: {SECRET}}}]",
        f"keys: [{{name: '{SECRET} !', hash: x}}]",
        f"keys: [{{name: a, hash: x, secret: {SECRET}}}]",
        f"keys: {SECRET}",
        f"keys: [{SECRET}]",
        f"password: {SECRET}",
        f"keys: [{{name: a, hash: *{SECRET}}}]",
        f"keys: [{{name: a, hash: !{SECRET} x}}]",
        f'tls: {{certificate: a, key: "-----BEGIN PRIVATE KEY-----\\n{SECRET}\\n"}}',
        f"otel_endpoint: ftp://me:{SECRET}@host",
        f'pipelines: [{{name: p, input: " rtsp://me:{SECRET}@host"}}]',
    ],
)
def test_a_secret_is_never_told(text: str) -> None:
    """Hashes, pasted secrets, unknown keys, logins and PEM texts do not come back in a problem."""
    problems = _lint(text)

    assert problems
    assert not any(SECRET in repr(problem) for problem in problems)


def test_what_is_sound_is_known_beside_the_problems() -> None:
    """The other keys can still be checked when one is wrong."""
    linted = lint_text("port: x\nhost: 127.0.0.2\na.b: 3\nmodels: [{name: '*'}]\ngrpc_port: 5", "f", Path())

    assert linted.serving is None
    assert linted.sound == Serving(host="127.0.0.2", grpc_port=5)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """No file, a folder, and bytes that are no text."""
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(NotFoundError, match="no configuration"):
        read_serving(tmp_path / "gone")
    with pytest.raises(UsageError, match="cannot be read"):
        read_serving(tmp_path)
    with pytest.raises(UsageError, match="no text in UTF-8"):
        read_serving(tmp_path / "bytes")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(st.dictionaries(st.sampled_from(list(ServingFile.model_fields)) | st.text(max_size=8), PLAIN, max_size=4))
def test_any_yaml_gives_a_configuration_or_problems(data: dict[str, object]) -> None:
    """Whatever is written, nothing else is raised."""
    linted = lint_text(yaml.safe_dump(data), "f", Path("/conf"))

    assert (linted.serving is None) == bool(linted.problems)


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(PLAIN)
def test_values_are_those_of_the_library(data: object) -> None:
    """Plain YAML is read as the safe loader of PyYAML reads it."""
    text = yaml.safe_dump(data)

    lined = read_lined(text, "f")
    assert lined.problems == []
    assert lined.data == (yaml.safe_load(text))
