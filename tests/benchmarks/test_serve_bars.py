from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # benchmarks are programs of the repository, not of the package

from benchmarks.serve_bars import Field, Measured, bars, goodput_ratios
from benchmarks.serve_contenders import VEDETTE, contenders
from benchmarks.serve_figures import Verdict
from benchmarks.serve_fleet import BARE, LEVELS
from vedette.values.execution import Execution, Precision, RuntimeName

SAME, COMMON = "fastapi-1p (openvino fp32)", "fastapi-1p (onnxruntime fp32)"
TORCHSERVE = "torchserve (TorchScript fp32)"


def field(*, bf16: bool) -> Field:
    execution = Execution(RuntimeName.OPENVINO, Precision.FP32, "cpu", 2, 1)
    return Field({one.name: one for one in contenders(execution)}, execution, bf16)


def rows(rates):
    return [
        {"round": number, "connections": level, "contender": name, "rate": rate, "p50_ms": 10.0, "p99_ms": 12.0}
        for number in range(9)
        for level in LEVELS
        for name, rate in rates.items()
    ]


def named(found):
    return {bar.name: bar for bar in found}


def test_peers_are_told_apart_by_their_engine():
    """Peers with the engine that Vedette chose are the same; ONNX Runtime and TorchScript in fp32 come as they are."""
    who = field(bf16=False)

    assert SAME in who.same
    assert COMMON not in who.same
    assert {COMMON, TORCHSERVE} <= set(who.others)
    assert SAME not in who.frameworks
    assert TORCHSERVE in who.frameworks


def test_what_was_not_measured_is_neither_met_nor_missed():
    """Without any part, every bar of the issue is there and says that it was not tested."""
    found = bars(Measured(), field(bf16=True))

    assert {bar.verdict for bar in found} == {Verdict.NOT_TESTED}
    assert len(found) == 22


def test_rates_are_held_against_the_closest_peer_of_each_group():
    """The bar of a group is that of the peer which comes nearest."""
    measured = Measured(levels=rows({VEDETTE: 96.0, BARE: 100.0, SAME: 90.0, COMMON: 50.0, TORCHSERVE: 20.0}))

    found = named(bars(measured, field(bf16=True)))

    assert found["rate / bare loop at 16"].reached == 0.96
    assert found["rate / bare loop at 16"].verdict is Verdict.MET
    assert found["rate / best peer of the same engine at 64"].reached == 96 / 90
    assert found["rate / best peer as it comes, the worst level"].reached == 96 / 50
    assert found["rate / TorchServe, the worst level"].verdict is Verdict.MISSED
    assert found["p99 / median at 16"].verdict is Verdict.MET
    assert found["p99 / median at 64"].verdict is Verdict.MISSED


def test_bars_for_bf16_are_not_tested_without_it():
    """The figure of fp32 against fp32 stands beside it."""
    measured = Measured(levels=rows({VEDETTE: 96.0, BARE: 100.0, COMMON: 50.0, TORCHSERVE: 20.0}))

    found = named(bars(measured, field(bf16=False)))

    assert found["rate / TorchServe, the worst level"].verdict is Verdict.NOT_TESTED
    assert "4.80" in found["rate / TorchServe, the worst level"].note


def test_overload_is_held_against_the_best_below_it():
    """The better of 0.9 and 1 times the capacity is what three times must keep."""
    measured = [
        {"round": number, "contender": VEDETTE, "factor": factor, "goodput": goodput}
        for number in range(9)
        for factor, goodput in ((0.9, 40.0), (1.0, 30.0), (3.0, 39.0))
    ]

    found = goodput_ratios(measured, VEDETTE)

    assert found is not None
    assert found["median"] == 39 / 40


def test_loading_is_judged_by_every_round():
    """Latencies that end with the loading are within the bar; one request that failed is not."""
    loads = [
        {"round": number, "ratio": 1.5, "high_s": 0.4, "load_s": 0.5, "failed": number == 4} for number in range(9)
    ]

    found = named(bars(Measured(loading=loads), field(bf16=True)))

    assert found["p99 while a second model loads / before"].verdict is Verdict.MET
    assert found["high latencies after the loading, s"].verdict is Verdict.MET
    assert found["requests that failed while it loads"].verdict is Verdict.MISSED
