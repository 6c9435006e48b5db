"""Which requests of a repeat count, load by load."""

from __future__ import annotations

import numpy as np
import pytest
from known_series import clients, rows

from vedette.rules.stats.cuts import counting, cuts_of
from vedette.values.evidence import Cuts
from vedette.values.workload import Load, LoadKind

CLOSED = Load(LoadKind.CLOSED, clients=4)


def _fading(count: int, slow: int) -> tuple[np.ndarray, np.ndarray]:
    """A request each second: the first `slow` take 900 ms, the others 10 ms and a little."""
    begin = np.arange(float(count))
    lasted = np.where(np.arange(count) < slow, 0.9, 0.01 + 0.001 * np.random.default_rng(1).random(count))
    return begin, begin + lasted


@pytest.mark.parametrize("kind", [LoadKind.CLOSED, LoadKind.POISSON, LoadKind.CONSTANT, LoadKind.SCENARIO_2])
def test_a_warm_up_is_cut_to_the_request(kind: LoadKind) -> None:
    """Twenty slow requests of 200, a second apart: twenty are cut, which lasted 20 s."""
    cuts = cuts_of(rows(*_fading(200, 20)), Load(kind))

    assert (cuts.warm_up, cuts.warm_up_s) == (20, 20.0)
    assert cuts.cool_down == 0


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (LoadKind.SCENARIO_1, "about the warm-up"),
        (LoadKind.MLPERF_SINGLE_STREAM, "LoadGen decides"),
        (LoadKind.MLPERF_OFFLINE, "LoadGen decides"),
        (LoadKind.RAMP, "the load of a ramp changes"),
        (LoadKind.TRACE, "the load of a trace changes"),
    ],
)
def test_where_the_warm_up_is_the_question_nothing_is_cut(kind: LoadKind, reason: str) -> None:
    """The same rows, all of which count, and the reason."""
    cuts = cuts_of(rows(*_fading(200, 20)), Load(kind))

    assert (cuts.warm_up, cuts.warm_up_s, cuts.cool_down) == (0, 0.0, 0)
    assert reason in cuts.reason


def test_an_open_loop_is_not_cut_at_its_end() -> None:
    """The last requests were scheduled like all others, however long their answers took."""
    begin = np.arange(200.0)
    end = begin + np.where(np.arange(200) < 190, 0.01, 30.0)

    cuts = cuts_of(rows(begin, end), Load(LoadKind.POISSON))

    assert cuts.cool_down == 0
    assert "every scheduled request counts" in cuts.reason


def test_the_end_of_a_closed_loop_is_cut_from_the_first_that_was_still_under_way() -> None:
    """Two clients: when the second has nothing more to send at 3.0 s, the last request of the first runs on."""
    table = rows([0.0, 0.0, 1.0, 1.5, 2.0], [1.0, 1.5, 2.0, 3.0, 4.0], client=[0, 1, 0, 1, 0])

    cuts = cuts_of(table, Load(LoadKind.CLOSED, clients=2))

    assert (cuts.cool_down, cuts.cool_down_s) == (1, 2.0)
    assert counting(table, cuts).client.tolist() == [0, 1, 0, 1]


def test_a_client_that_thinks_has_not_stopped() -> None:
    """With a pause of a second the same client would send again at 4.0 s: nothing is under way alone."""
    table = rows([0.0, 0.0, 1.0, 1.5, 2.0], [1.0, 1.5, 2.0, 3.0, 4.0], client=[0, 1, 0, 1, 0])

    assert cuts_of(table, Load(LoadKind.CLOSED, clients=2, think_ms=1000)).cool_down == 0


def test_all_that_count_were_sent_while_every_client_was_busy() -> None:
    """In a closed loop of 16 clients: until the last of those that count was done, 16 were under way."""
    begin, end, client = clients(np.random.default_rng(4), 2000, 16)
    table = rows(begin, end, client=client)

    cuts = cuts_of(table, Load(LoadKind.CLOSED, clients=16))
    kept = len(table) - cuts.cool_down

    assert 15 <= cuts.cool_down <= 150
    instants = np.linspace(0, end[:kept].max(), 500)[1:-1]
    under_way = [int(((begin <= instant) & (end > instant)).sum()) for instant in instants]
    assert set(under_way) == {16}


def test_one_client_alone_is_never_cut_at_its_end() -> None:
    """It is all the load there is, up to its last answer."""
    begin = np.arange(100.0)

    assert cuts_of(rows(begin, begin + 0.9), Load(LoadKind.CLOSED, clients=1)).cool_down == 0


def test_too_few_requests_for_the_clients_are_kept() -> None:
    """Four clients that send one request each: cutting would leave one of four."""
    cuts = cuts_of(rows([0.0] * 4, [1.0, 2.0, 3.0, 4.0], client=[0, 1, 2, 3]), CLOSED)

    assert cuts.cool_down == 0
    assert "nothing is cut at the end" in cuts.reason


def test_failures_do_not_hide_a_warm_up() -> None:
    """Every other request of the slow start failed at once: the cut still ends where right answers become steady."""
    begin, end = _fading(200, 20)
    failed = (np.arange(200) < 20) & (np.arange(200) % 2 == 1)
    end[failed] = begin[failed]

    cuts = cuts_of(rows(begin, end, status=failed.astype(int).tolist()), Load(LoadKind.POISSON))

    assert cuts.warm_up == 20


def test_a_repeat_without_requests_has_nothing_to_cut() -> None:
    """And says so."""
    assert cuts_of(rows([], []), CLOSED) == Cuts(0, 0.0, 0, 0.0, "no request was sent")
