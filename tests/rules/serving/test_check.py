"""Contradictions between the values of one configuration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vedette.rules.serving.check import check, doubts
from vedette.values.deadline import DeadlineClass
from vedette.values.execution import Precision, RuntimeName
from vedette.values.problem import Problem
from vedette.values.serving import (
    FetchPolicy,
    FilePolicy,
    Key,
    Limits,
    ModelOptions,
    PipelineOptions,
    Right,
    Serving,
    Tls,
)

KEY = Key("camera", "sha256:" + "a" * 64, frozenset({Right.INFER}))
TWIN = Key("other", KEY.hash, KEY.rights)


def _check(serving: Serving, *addresses: str) -> tuple[Problem, ...]:
    return check(serving, "f.yaml", addresses=addresses or ("127.0.0.1",), known=("cats", "dogs"))


@pytest.mark.parametrize(
    "serving",
    [
        Serving(),
        Serving(grpc_port=None, port=0),
        Serving(port=0, grpc_port=0),
        Serving(models=(ModelOptions("a", isolated=True, device="cuda:0"), ModelOptions("b"))),
        Serving(models=(ModelOptions("a", deadline=DeadlineClass.HARD, target_latency_ms=45.0),)),
        Serving(pipelines=(PipelineOptions("p", ("cats", "dogs")),)),
        Serving(keys=(KEY,), metrics_public=True),
        Serving(repository="/models", files=FilePolicy(outputs=("/out", "/models-out"))),
        Serving(fetch=FetchPolicy(hosts=("a",), private=True)),
        Serving(tls=Tls("both.pem", "both.pem")),
    ],
)
def test_what_can_be_meant_is_no_problem(serving: Serving) -> None:
    """Defaults and sensible settings pass."""
    assert _check(serving) == ()


@pytest.mark.parametrize(
    ("serving", "key", "value"),
    [
        (Serving(grpc_port=8000), "grpc_port", "8000"),
        (
            Serving(models=(ModelOptions("a"), ModelOptions("b"), ModelOptions("a"))),
            "models[2].name",
            "a, as models[0]",
        ),
        (Serving(keys=(KEY, replace(KEY, hash="sha256:b"))), "keys[1].name", "camera, as keys[0].name"),
        (Serving(keys=(KEY, TWIN)), "keys[1].hash", "the same as keys[0].hash"),
        (Serving(pipelines=(PipelineOptions("p"), PipelineOptions("p"))), "pipelines[1].name", "p, as"),
        (Serving(models=(ModelOptions("a", target_latency_ms=0.045),)), "models[0].target_latency_ms", "0.045 ms"),
        (Serving(models=(ModelOptions("a", deadline=DeadlineClass.HARD),)), "models[0].deadline", "hard without"),
        (
            Serving(models=(ModelOptions("a", precision=Precision.BF16, runtime=RuntimeName.ONNXRUNTIME),)),
            "models[0].precision",
            "bf16 with runtime onnxruntime",
        ),
        (Serving(metrics_public=True), "metrics_public", "true"),
        (Serving(fetch=FetchPolicy(private=True)), "fetch.private", "true"),
        (Serving(repository="/m", files=FilePolicy(outputs=("/o", "/m/x"))), "files.outputs[1]", "/m/x"),
        (Serving(repository="/m/x", files=FilePolicy(outputs=("/m",))), "files.outputs[0]", "/m"),
        (Serving(pipelines=(PipelineOptions("p", ("cats", "dog")),)), "pipelines[0].models[1]", "dog"),
        (
            Serving(models=(ModelOptions("a"),), pipelines=(PipelineOptions("p", ("cats",)),)),
            "pipelines[0].models[0]",
            "c",
        ),
    ],
)
def test_each_contradiction_is_told_with_key_value_expected_and_fix(serving: Serving, key: str, value: str) -> None:
    """One contradiction is one problem, at the key that has to change."""
    (problem,) = _check(serving)

    assert (problem.file, problem.key) == ("f.yaml", key)
    assert problem.value.startswith(value)
    assert problem.expected
    assert problem.fix


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::", "2001:db8::1"])
def test_other_machines_need_keys_or_an_explicit_yes(address: str) -> None:
    """Without keys only loopback may be listened on; keys or insecure lift that."""
    (problem,) = _check(Serving(host="h"), address)

    assert (problem.key, problem.value) == ("host", "h")
    assert _check(Serving(host="h", keys=(KEY,)), address) == ()
    assert _check(Serving(host="h", insecure=True), address) == ()
    assert check(Serving(host="h"), "f", addresses=(), known=()) == ()


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(decompressed_bytes=5, body_bytes=6), "limits.decompressed_bytes is 5, limits.body_bytes 6"),
        (Limits(queue_bytes=5, body_bytes=6), "limits.queue_bytes is 5, limits.body_bytes 6"),
        (Limits(queue_images=3, images=4), "limits.queue_images is 3, limits.images 4"),
    ],
)
def test_limits_that_are_hardly_meant_are_doubts(limits: Limits, told: str) -> None:
    """A server starts with them, so they are no problems; defaults raise no doubt."""
    (doubt,) = doubts(Serving(limits=limits))

    assert doubt.startswith(told)
    assert _check(Serving(limits=limits)) == ()
    assert doubts(Serving()) == ()


def test_no_secret_is_told() -> None:
    """Two equal hashes are named by their places."""
    assert all(KEY.hash not in f"{problem}{problem.fix}" for problem in _check(Serving(keys=(KEY, KEY, TWIN))))


def test_all_contradictions_are_told_at_once() -> None:
    """One run of the check finds them all."""
    serving = Serving(
        grpc_port=8000,
        metrics_public=True,
        models=(ModelOptions("a", target_latency_ms=0.5, deadline=DeadlineClass.HARD), ModelOptions("a")),
    )

    assert [problem.key for problem in _check(serving, "10.0.0.1")] == [
        "host",
        "grpc_port",
        "models[1].name",
        "models[0].target_latency_ms",
        "metrics_public",
    ]


def test_a_slip_in_a_name_is_put_right() -> None:
    """The fix names the nearest model that is served."""
    (problem,) = _check(Serving(pipelines=(PipelineOptions("p", ("cast",)),)))

    assert problem.fix == "write cats, or add cast to the repository"
