"""Which cores devices are bound to."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import UnsupportedError
from vedette.rules.capacity.placement import place


def test_whole_cores_are_a_device_s_own_and_parts_share_one() -> None:
    """Two halves lie on one core, beside a whole one that has its own."""
    assert place([0.5, 1, 0.5], [4, 7]) == ((7,), (4,), (7,))


def test_device_of_more_than_a_core_has_whole_ones_and_part_of_another() -> None:
    """One and a half cores leave half of one to a neighbour."""
    assert place([1.5, 0.5], [0, 1]) == ((0, 1), (1,))
    assert place([2], [0, 1]) == ((0, 1),)


def test_shares_count_as_they_were_written() -> None:
    """Ten times a tenth is a core, although the floating point sum is not."""
    assert place([0.1] * 10, [3]) == ((3,),) * 10


def test_way_that_largest_first_misses_is_found() -> None:
    """0.6 + 0.4 and 0.5 + 0.3 + 0.2 fit two cores; greedy packing of other sets does not."""
    shares = [0.44, 0.4, 0.32, 0.3, 0.28, 0.26]

    bound = place(shares, [0, 1])

    assert sorted(sum(s for s, cores in zip(shares, bound, strict=True) if cores == (c,)) for c in (0, 1)) == (
        pytest.approx([1.0, 1.0])
    )


@pytest.mark.parametrize(
    ("shares", "cores", "words"),
    [
        ([1, 1, 1], [0, 1], "3 devices have 3 cores together (1, 1, 1), and 2 may be used here"),
        ([0.6, 0.6, 0.6], [0, 1], "devices with 0.6, 0.6, 0.6 of a core cannot be laid on 2 cores"),
        ([9], [0, 1], "a device of 9 cores is too large: 2 may be used here"),
        ([1, 0.5], [0], "2 devices have 1.5 cores together (1, 0.5), and 1 may be used here"),
        ([0.001] * 257, [0, 1], "257 devices are more than the 256"),
    ],
)
def test_devices_that_do_not_fit_are_refused(shares: list[float], cores: list[int], words: str) -> None:
    """The message tells shares and cores."""
    with pytest.raises(UnsupportedError) as refused:
        place(shares, cores)
    assert words in refused.value.message


@settings(max_examples=200)
@given(tenths=st.lists(st.integers(1, 25), min_size=1, max_size=6), cores=st.integers(1, 4))
def test_placement_is_found_exactly_where_brute_force_finds_one(tenths: list[int], cores: int) -> None:
    """No core carries more than one, whole cores are nobody else's, and a way is refused only where there is none."""
    whole, parts = sum(one // 10 for one in tenths), [one % 10 for one in tenths if one % 10]
    shared = cores - whole
    possible = shared >= 0 and any(
        all(sum(p for p, b in zip(parts, bins, strict=True) if b == core) <= 10 for core in range(shared))
        for bins in product(range(shared), repeat=len(parts))
    )
    try:
        bound = place([one / 10 for one in tenths], range(cores))
    except UnsupportedError:
        assert not possible
        return

    assert possible
    load = [0] * cores
    for tenth, mine in zip(tenths, bound, strict=True):
        assert len(set(mine)) == len(mine) == -(-tenth // 10)
        for core in mine[: tenth // 10]:
            load[core] += 10
        if tenth % 10:
            load[mine[-1]] += tenth % 10
    assert max(load) <= 10
