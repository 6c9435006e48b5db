"""How a model is run, as a value."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from vedette.values.execution import Choice, Execution, Optimise, Precision, RuntimeName, Trial


def test_an_execution_says_all_that_matters_in_one_line() -> None:
    """Runtime, precision, device, streams and threads are shown."""
    execution = Execution(RuntimeName.OPENVINO, Precision.BF16, "cuda:0", 4, 2)

    assert str(execution) == "openvino bf16 on cuda:0, 4 x 2 threads"


def test_an_execution_is_one_fp32_thread_on_the_cpu_unless_it_says_otherwise() -> None:
    """The defaults are the ones that run everywhere."""
    assert Execution(RuntimeName.ONNXRUNTIME) == Execution(RuntimeName.ONNXRUNTIME, Precision.FP32, "cpu", 1, 1)


@pytest.mark.parametrize(("streams", "threads"), [(0, 1), (1, 0), (-1, 2), (2, -1)])
def test_streams_and_threads_start_at_one(streams: int, threads: int) -> None:
    """Less is refused and the message names both."""
    with pytest.raises(ValueError, match=f"got {streams} and {threads}"):
        Execution(RuntimeName.NULL, streams=streams, threads=threads)


def test_an_execution_can_be_a_key() -> None:
    """Equal executions are one key, and none can be changed."""
    execution = Execution(RuntimeName.NULL)

    assert {execution: 1}[Execution(RuntimeName.NULL)] == 1
    with pytest.raises(FrozenInstanceError):
        execution.streams = 2  # type: ignore[misc]


def test_names_are_what_users_type() -> None:
    """The texts of the enumerations are the words of the command line."""
    assert [str(name) for name in RuntimeName] == ["onnxruntime", "openvino", "torchscript", "null"]
    assert [str(name) for name in Precision] == ["fp32", "bf16", "fp16"]
    assert [str(name) for name in Optimise] == ["throughput", "latency"]


def test_a_trial_that_ran_has_no_reason() -> None:
    """Agreement is absent where the trial is the reference, the reason where it was not refused."""
    trial = Trial(Execution(RuntimeName.NULL), 100.0, 2.0)

    assert (trial.agreement, trial.reason) == (None, "")


def test_a_choice_carries_everything_that_it_compared() -> None:
    """Two choices are equal when they compared the same and took the same."""
    execution = Execution(RuntimeName.NULL)
    trials = (Trial(execution, 100.0, 2.0),)

    choice = Choice(execution, Optimise.LATENCY, trials, cached=False)

    assert choice == Choice(execution, Optimise.LATENCY, trials, cached=False)
    assert choice != Choice(execution, Optimise.LATENCY, trials, cached=True)
