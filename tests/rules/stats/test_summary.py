"""The summary of a run, from rows whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest
from known_series import clients, queue, rows, sojourns

from vedette.rules.stats.summary import summarise
from vedette.values.requests import Requests, Status, joined
from vedette.values.workload import Load, LoadKind

POISSON = Load(LoadKind.POISSON, rate=70.0)
CLOSED = Load(LoadKind.CLOSED, clients=1)


def _steady(count: int = 200, repeat: int = 0, lasted_s: float = 0.01, **more) -> Requests:
    begin = np.arange(float(count)) / 10
    return rows(begin, begin + lasted_s, repeat=repeat, **more)


def test_a_fixed_service_time_gives_back_its_truth() -> None:
    """200 requests a tenth of a second apart that take 10 ms: every figure follows."""
    summary = summarise(_steady(), POISSON, [7])

    repeat = summary.repeats[0]
    assert (summary.sent, summary.failed) == (200, ())
    assert summary.latency is not None
    assert (summary.latency.minimum, summary.latency.median.value, summary.latency.maximum) == (10.0, 10.0, 10.0)
    assert summary.throughput.value == pytest.approx(200 / 19.91)
    assert (repeat.repeat, repeat.seed, repeat.cuts.warm_up) == (0, 7, 0)
    assert repeat.in_flight == pytest.approx(0.1)
    assert repeat.little_gap == pytest.approx(0.0, abs=1e-9)
    assert repeat.slope is not None
    assert repeat.slope.value == pytest.approx(0.0, abs=1e-3)
    assert repeat.stationary is True
    assert repeat.lateness_p99_ms == 0.0


def test_a_queue_gives_back_queueing_theory() -> None:
    """M/M/1 at load 0.7: mean time 1 / 0.3 within its interval and 5 %, 0.7 / 0.3 under way, 0.7 a second."""
    table = joined([rows(*queue(np.random.default_rng(seed), 20_000, 0.7), repeat=seed) for seed in range(5)])

    summary = summarise(table, POISSON, range(5))

    assert summary.latency is not None
    mean = summary.latency.mean
    assert mean.value == pytest.approx(1000 / 0.3, rel=0.05)
    assert mean.low <= 1000 / 0.3 <= mean.high
    assert np.mean([each.in_flight for each in summary.repeats]) == pytest.approx(0.7 / 0.3, rel=0.05)
    assert summary.throughput.low <= 0.7 <= summary.throughput.high
    assert all(each.little_gap < 0.02 and each.slope.low <= 0 <= each.slope.high for each in summary.repeats)
    assert summary.latency.effective_count < 20_000


def test_lateness_is_in_the_latency_and_not_in_the_service_time() -> None:
    """Sent 3 ms late, done 10 ms after the due time: 10 from the schedule, 7 from the send."""
    summary = summarise(_steady(late_s=0.003), POISSON, [0])

    assert summary.latency is not None
    assert summary.service is not None
    assert summary.latency.median.value == pytest.approx(10.0)
    assert summary.service.median.value == pytest.approx(7.0)
    assert summary.repeats[0].lateness_p99_ms == pytest.approx(3.0)


def test_the_lateness_is_that_of_the_latest_percent() -> None:
    """Of 200 requests, 3 are sent 8 ms late: the 198th of them in order is one of those."""
    late = np.where(np.isin(np.arange(200), (40, 90, 130)), 0.008, 0.0001)

    assert summarise(_steady(late_s=late), POISSON, [0]).repeats[0].lateness_p99_ms == pytest.approx(8.0)


def test_the_first_ten_are_in_the_order_of_sending() -> None:
    """The request that was due first went out last of the first three."""
    late = np.zeros(200)
    late[0] = 0.25
    table = rows(np.arange(200.0) / 10, np.arange(200.0) / 10 + 0.5, late_s=late)

    assert summarise(table, POISSON, [0]).first_ten_ms[:4] == pytest.approx((500, 500, 250, 500))


def test_a_stall_shows_in_full() -> None:
    """20 requests a second, a stall of 1 s: the first behind it waits a second, the next 950 ms, and so on."""
    begin = np.arange(1000) / 20
    end = begin + 0.01
    stalled = (begin >= 20) & (begin < 21)
    end[stalled] = 21.01

    summary = summarise(rows(begin, end), POISSON, [0])

    assert summary.latency is not None
    assert summary.latency.maximum == pytest.approx(1010.0)
    p99 = dict(summary.latency.percentiles)[99.0].value
    assert p99 == pytest.approx(np.quantile((end - begin) * 1e3, 0.99, method="inverted_cdf"))
    assert p99 > 500


def test_the_declared_warm_up_never_counts() -> None:
    """Ten slow and failed requests before the others change neither figures nor failures nor the first ten."""
    warm = rows(np.arange(-10.0, 0.0), np.arange(-10.0, 0.0) + 0.9, status=2, warm_up=True)
    plain = _steady()

    with_warm_up, without = (summarise(table, CLOSED, [0]) for table in (joined([warm, plain]), plain))

    assert with_warm_up.sent == 200
    assert with_warm_up.first_ten_ms == without.first_ten_ms
    assert (with_warm_up.latency, with_warm_up.failed) == (without.latency, without.failed)
    assert with_warm_up.throughput.value == pytest.approx(without.throughput.value)
    assert with_warm_up.repeats[0].cuts == without.repeats[0].cuts
    assert with_warm_up.repeats[0].in_flight == pytest.approx(without.repeats[0].in_flight)


def test_failures_are_counted_by_name_and_enter_no_figure() -> None:
    """Timeouts of 30 s and wrong answers: 2 and 1 of 200; latency and throughput are of the other 197."""
    status = [Status.OK] * 200
    status[5] = status[150] = Status.TIMEOUT
    status[60] = Status.WRONG
    begin = np.arange(200.0)
    end = begin + np.where(np.asarray(status) == Status.TIMEOUT, 30.0, 0.01)

    summary = summarise(rows(begin, end, status=[int(each) for each in status]), POISSON, [0])

    assert summary.failed == (("timeout", 2), ("wrong", 1))
    assert summary.latency is not None
    assert (summary.latency.count, summary.latency.maximum) == (197, 10.0)
    assert summary.throughput.value == pytest.approx(197 / 199.01)


def test_no_right_answer_leaves_no_figures() -> None:
    """All connections refused: distributions and throughput are absent, and it says why."""
    summary = summarise(_steady(status=int(Status.REFUSED)), POISSON, [0])

    assert (summary.latency, summary.service, summary.throughput.value) == (None, None, None)
    assert summary.throughput.reason == "no request that counts was answered rightly"
    assert summary.failed == (("refused", 200),)
    assert summary.first_ten_ms == (None,) * 10
    assert summary.repeats[0].stationary is None


def test_a_run_that_sent_nothing_has_a_summary() -> None:
    """Empty, without an error."""
    summary = summarise(joined([]), POISSON, [0])

    assert (summary.sent, summary.failed, summary.latency, summary.first_ten_ms, summary.repeats) == (
        0,
        (),
        None,
        (),
        (),
    )
    assert summary.throughput.reason == "no request was sent"


def test_the_first_ten_are_kept_before_any_cut() -> None:
    """A cold start of 500 ms and a failure: shown in order of sending, though MSER-5 cuts them from the figures."""
    begin = np.arange(200.0)
    end = begin + np.where(np.arange(200) < 5, 0.5, 0.01)
    status = [0, 0, int(Status.RESET), *[0] * 197]

    summary = summarise(rows(begin, end, status=status), CLOSED, [0])

    assert summary.first_ten_ms == pytest.approx((500, 500, None, 500, 500, 10, 10, 10, 10, 10))
    assert summary.repeats[0].cuts.warm_up > 0
    assert summary.latency is not None
    assert summary.latency.maximum == 10.0


def test_repeats_are_cut_alone_and_pooled() -> None:
    """Repeat 1 has a warm-up, repeat 0 none; the pool holds what each of them kept."""
    begin = np.arange(200.0)
    slow = rows(begin, begin + np.where(np.arange(200) < 20, 0.5, 0.01), repeat=1)

    summary = summarise(joined([_steady(), slow]), POISSON, [11, 12])

    assert [(each.repeat, each.seed, each.cuts.warm_up) for each in summary.repeats] == [(0, 11, 0), (1, 12, 20)]
    assert summary.sent == 400
    assert summary.latency is not None
    assert summary.latency.count == 380


def test_the_throughput_of_a_run_is_the_mean_of_its_repeats() -> None:
    """10, 20 and 40 a second: 23.3, with Student's interval over three."""
    tables = []
    for repeat, rate in enumerate((10, 20, 40)):
        begin = np.arange(100) / rate
        tables.append(rows(begin, begin + 1 / rate, repeat=repeat))

    rate = summarise(joined(tables), CLOSED, [1, 2, 3]).throughput

    assert rate.value == pytest.approx(70 / 3)
    assert rate.low < 0 < rate.value < rate.high


def test_a_closed_loop_has_no_backlog_and_no_lateness() -> None:
    """Its clients wait; 16 of them are under way all the time."""
    begin, end, client = clients(np.random.default_rng(1), 4000, 16)

    repeat = summarise(rows(begin, end, client=client), Load(LoadKind.CLOSED, clients=16), [0]).repeats[0]

    assert (repeat.slope, repeat.lateness_p99_ms) == (None, None)
    assert repeat.in_flight == pytest.approx(16.0)
    assert repeat.little_gap < 0.05
    assert repeat.throughput.value == pytest.approx(16.0, rel=0.05)


def test_an_overload_shows_in_backlog_and_warm_up() -> None:
    """A queue at load 1.3 grows, and has no steady state that could be cut to."""
    repeat = summarise(rows(*queue(np.random.default_rng(2), 3000, 1.3)), POISSON, [0]).repeats[0]

    assert repeat.slope.low > 0
    assert repeat.slope.value == pytest.approx(0.3, abs=0.1)
    assert "no steady state" in repeat.cuts.reason


def test_each_repeat_gets_the_seed_that_is_its_own() -> None:
    """One seed for each repeat with rows, in their order; or seeds of all repeats, of which one sent nothing."""
    fifth_and_seventh = joined([_steady(repeat=5), _steady(repeat=7)])
    first_and_third = joined([_steady(repeat=0), _steady(repeat=2)])

    assert [each.seed for each in summarise(fifth_and_seventh, POISSON, [50, 70]).repeats] == [50, 70]
    assert [each.seed for each in summarise(first_and_third, POISSON, [1, 2, 3]).repeats] == [1, 3]


def test_a_repeat_without_a_seed_is_a_mistake() -> None:
    """Its schedule could not be made again."""
    table = joined([_steady(repeat=0), _steady(repeat=1)])

    with pytest.raises(ValueError, match="1 seeds"):
        summarise(table, POISSON, [0])


def test_the_interval_of_the_p99_latency_holds_the_truth_of_a_queue() -> None:
    """Through the whole summary, cuts and all: M/M/1 at load 0.6, in 36 of 40 seeded runs."""
    truth_ms = -np.log(0.01) / 0.4 * 1e3
    held = 0
    for seed in range(40):
        lasted = sojourns(np.random.default_rng(seed), 20_000, 0.6)
        begin = np.arange(20_000) / 0.6
        latency = summarise(rows(begin, begin + lasted), POISSON, [0]).latency
        p99 = dict(latency.percentiles)[99.0]
        held += p99.low is not None and p99.low <= truth_ms <= p99.high

    assert held >= 36
