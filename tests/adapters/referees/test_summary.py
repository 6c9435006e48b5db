"""Reading LoadGen's summary, on texts that LoadGen 6.0.17 wrote."""

from __future__ import annotations

import pytest

from vedette.adapters.referees.summary import read_summary
from vedette.errors import InvalidError

SINGLE_STREAM = """\
================================================
MLPerf Results Summary
================================================
SUT name : PySUT
Scenario : SingleStream
Mode     : PerformanceOnly
90.0th percentile latency (ns) : 4404310
Result is : VALID
  Min duration satisfied : Yes
  Min queries satisfied : Yes
  Early stopping satisfied: Yes
Early Stopping Result:
 * Processed at least 64 queries (116).
 * Would discard 3 highest latency queries.
 * Early stopping 90.0th percentile estimate: 4488920
 * Not enough queries processed for 99.0th percentile
 early stopping estimate (would need to process at
 least 662 total queries).

================================================
Additional Stats
================================================
QPS w/ loadgen overhead         : 228.83
QPS w/o loadgen overhead        : 231.59

Min latency (ns)                : 4202180
Max latency (ns)                : 4792039
Mean latency (ns)               : 4317885
50.00 percentile latency (ns)   : 4316659
99.00 percentile latency (ns)   : 4511379
99.90 percentile latency (ns)   : 4792039

================================================
Test Parameters Used
================================================
samples_per_query : 1
target_latency (ns): 0
min_duration (ms): 500
"""

SERVER = """\
================================================
MLPerf Results Summary
================================================
SUT name : PySUT
Scenario : Server
Mode     : PerformanceOnly
Completed samples per second    : 98.91
Result is : INVALID
  Performance constraints satisfied : Yes
  Min duration satisfied : Yes
  Min queries satisfied : NO
  Early stopping satisfied: NO
Recommendations:
 * The test exited early, before enough queries were issued.
   See the detailed log for why this may have occurred.
Early Stopping Result:
 * Run unsuccessful.
 * Processed 12 queries.
 * Would need to run at least 447 more queries,
 with the run being successful if every additional
 query were under latency.

================================================
Additional Stats
================================================
Scheduled samples per second : 101.50
Mean latency (ns)               : 4367448
"""


def test_valid_run() -> None:
    """A valid run has its figures by LoadGen's names, nanoseconds as milliseconds, and no reasons."""
    report = read_summary(SINGLE_STREAM, "LoadGen", 116)

    assert (report.name, report.valid, report.reasons) == ("LoadGen", True, ())
    assert dict(report.figures) == {
        "90.0th percentile latency (ms)": 4.40431,
        "Early stopping 90.0th percentile estimate (ms)": 4.48892,
        "QPS w/ loadgen overhead (per s)": 228.83,
        "QPS w/o loadgen overhead (per s)": 231.59,
        "Min latency (ms)": 4.20218,
        "Max latency (ms)": 4.792039,
        "Mean latency (ms)": 4.317885,
        "50.00 percentile latency (ms)": 4.316659,
        "99.00 percentile latency (ms)": 4.511379,
    }


def test_percentile_that_is_the_maximum() -> None:
    """A percentile that only repeats the largest value is left out, and stays where the sample is larger."""
    few, many = (dict(read_summary(SINGLE_STREAM, "LoadGen", values).figures) for values in (1000, 1001))

    assert "99.90 percentile latency (ms)" not in few
    assert many["99.90 percentile latency (ms)"] == 4.792039


def test_invalid_run() -> None:
    """An invalid run tells which conditions failed, and LoadGen's advice as whole sentences."""
    report = read_summary(SERVER, "LoadGen", 12)

    assert not report.valid
    assert report.reasons == (
        "Min queries satisfied: NO",
        "Early stopping satisfied: NO",
        (
            "The test exited early, before enough queries were issued. "
            "See the detailed log for why this may have occurred."
        ),
        "Run unsuccessful.",
        "Processed 12 queries.",
        (
            "Would need to run at least 447 more queries, with the run being successful if every additional query were "
            "under latency."
        ),
    )
    assert dict(report.figures)["Completed samples per second"] == 98.91
    assert dict(report.figures)["Scheduled samples per second"] == 101.5


@pytest.mark.parametrize("text", ["", "MLPerf Results Summary\nResult is : MAYBE\n"])
def test_no_result(text: str) -> None:
    """A summary without a result is an error, not a verdict."""
    with pytest.raises(InvalidError, match="holds no result"):
        read_summary(text, "LoadGen", 1)
