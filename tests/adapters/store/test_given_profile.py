"""The short form of a profile: what is enough, what each key does, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from vedette.adapters.store.given_profile import given_profile
from vedette.values.device import Billing, DeviceKind
from vedette.values.execution import Precision, RuntimeName
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Origin
from vedette.values.tiling import Fill, Tiling

PAIRS = {"model": "m", "device": "board", "points": {1: 95, 4: 360.5}}


@pytest.mark.parametrize(
    "points", [{1: 95, 4: 360.5}, {"4": 360.5, "1": 95}, [{1: 95}, {4: 360.5}], [{"4": 360.5}, {"1": 95}]]
)
def test_pairs_of_batch_and_milliseconds_are_enough(points: Any) -> None:
    """As a mapping or a list, with numbers or texts as keys, in any order; W is L then."""
    profile = given_profile(PAIRS | {"points": points})

    assert profile.origin is Origin.GIVEN
    assert [(point.batch, point.latency_s.mean) for point in profile.points] == [(1, 0.095), (4, 0.3605)]
    assert all(point.warm_up_s == point.latency_s for point in profile.points)
    assert profile.points[0].latency_s == Moment(0.095)
    assert profile.profiled.device == DeviceKind("board", None)
    assert (profile.environment, profile.points[0].load_s, profile.points[0].peak_bytes) == (None, None, None)


def test_the_id_is_of_the_content() -> None:
    """However it is written; other figures have another id."""
    first = given_profile(PAIRS)

    assert first.id == given_profile(PAIRS | {"points": [{"1": 95}, {"4": 360.5}]}).id
    assert first.id != given_profile(PAIRS | {"points": {1: 95, 4: 361}}).id
    assert first.id.startswith("given-")


def test_every_key_has_its_place() -> None:
    """Milliseconds become seconds, MB bytes."""
    device = {"name": "b", "cores": 4, "memory_mb": 1900.5, "price_per_hour": 0.02, "currency": "USD"}
    point = {"batch": 2, "latency_ms": 95, "warm_up_ms": 240, "load_s": 1.8, "memory_mb": 310, "energy_j": 0.5}
    point |= {
        "longest_ms": 120,
        "deviation_ms": 4,
        "between_ms": 2,
        "warm_up_between_ms": 9,
        "trials": 5,
        "size": "8x6",
    }
    profile = given_profile(
        {"model": "m", "device": device | {"billing": "hour", "watts": 6}, "points": [point], "version": 2}
        | {"runtime": "openvino"}
        | {"precision": "bf16", "quality": 20.6, "tiles": {"size": "416x416", "overlap": 32, "fill": "overview"}}
        | {"source": "a partner", "created": "2026-05-12"}
    )  # fmt: skip
    of, (found,) = profile.profiled, profile.points

    assert of.device == DeviceKind("b", 4.0, 1_900_500_000, 0.02, "USD", Billing.HOUR, 6.0)
    assert (of.version, of.quality, of.tiling) == ("2", 20.6, Tiling(Size(416, 416), 32, Fill.OVERVIEW))
    assert (of.execution.runtime, of.execution.precision, of.execution.threads) == (
        RuntimeName.OPENVINO, Precision.BF16, 4,
    )  # fmt: skip
    assert (profile.source, profile.created) == ("a partner", "2026-05-12")
    assert found.latency_s == Moment(0.095, 0.004, 0.002, 5, 5)
    assert found.warm_up_s == Moment(0.24, 0.0, 0.009, 5, 5)
    assert (found.load_s, found.energy_j) == (Moment(1.8), Moment(0.5))
    assert (found.peak_bytes, found.longest_s, found.size) == (310_000_000, 0.12, Size(8, 6))


def test_a_share_of_a_core_is_in_the_name_of_its_device() -> None:
    """cpu:0.5 is half a core; stated cores win."""
    assert given_profile(PAIRS | {"device": "cpu:0.5"}).profiled.device.cores == 0.5
    assert given_profile(PAIRS | {"device": {"name": "cpu:2", "cores": 1}}).profiled.device.cores == 1.0


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"points": 5}, "points: `batch: milliseconds` pairs or a list of points are expected"),
        ({"points": [72.5]}, r"points\[0\]: a `batch: milliseconds` pair is expected, with a space after the colon"),
        ({"points": {"one": 5}}, "points: one is no mini-batch size"),
        ({"points": {0: 5}}, r"points\[0\] \(batch 0\): a mini-batch has one image at least, got 0"),
        ({"points": {1: -5}}, r"points\[0\] \(batch 1\): an amount and its deviations are finite and 0 or more"),
        ({"points": {1: "fast"}}, r"points\[0\].latency_ms: a number is expected, not 'fast'"),
        ({"points": {1: float("nan")}}, r"points\[0\].latency_ms: a finite number is expected"),
        ({"points": [{1: 5}, {1: 6}]}, "each pair of image size and batch once"),
        ({"points": [{"batch": 1}]}, r"points\[0\].latency_ms: missing"),
        ({"points": [{"batch": 1, "latency_ms": 5, "between_ms": 1}]}, "say how many with `trials`"),
        ({"points": [{"batch": 1, "latency_ms": 5, "longest_ms": 4}]}, "longest_ms 4 is shorter than latency_ms 5"),
        ({"points": [{"batch": 1, "latency_ms": 5, "memory_mb": -4}]}, "memory_mb is 0 or more, got -4"),
        ({"points": [{"batch": 1, "latency_ms": 5, "size": "big"}]}, r"points\[0\].size: 'big' is no size"),
        ({"device": {"name": "b", "cores": 0}}, "device: a device has a share of the cores above 0, got 0"),
        ({"device": {"name": "b", "price_per_hour": -1}}, "device: price_per_hour is 0 or more"),
        ({"device": "cpu:0"}, "device: a device has a share of the cores above 0"),
        ({"tiles": "320"}, "tiles: '320' is no size"),
        ({"tiles": {"size": "320x320", "overlap": 400}}, "tiles: the overlap must lie in"),
        ({"runtime": "tensorflow"}, "runtime: 'tensorflow' is none of onnxruntime, openvino"),
        ({"modle": "m"}, "modle: unknown"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changed: dict[str, Any], told: str) -> None:
    """And its value."""
    with pytest.raises(ValueError, match=told):
        given_profile(PAIRS | changed)
