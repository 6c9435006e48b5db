"""What LoadGen wrote into `mlperf_log_summary.txt`, as a RefereeReport.

Result is : INVALID                              valid=False
  Min queries satisfied : NO                     reason "Min queries satisfied: NO"
 * Only processed 5 queries.                     reason "Only processed 5 queries."
Mean latency (ns)               : 4317885        figure ("Mean latency (ms)", 4.317885)
QPS w/ loadgen overhead         : 228.83         figure ("QPS w/ loadgen overhead (per s)", 228.83)
"""

from __future__ import annotations

import re

from vedette.errors import InvalidError
from vedette.values.run import RefereeReport

_RESULT = re.compile(r"^Result is : (VALID|INVALID)$", re.MULTILINE)
_SATISFIED = re.compile(r"^\s+(.+? satisfied)\s*: NO$", re.MULTILINE)
_ADVICE = re.compile(r"^ \* (.+(?:\n (?! \*|\* ).+)*)", re.MULTILINE)
_FIGURE = re.compile(r"^(?: \* )?([^:\n]*?)\s*: +([0-9.]+)$", re.MULTILINE)
_PERCENTILE = re.compile(r"([0-9.]+)(?:th)? percentile latency")
_PARAMETERS = "Test Parameters Used"


def read_summary(text: str, name: str, values: int) -> RefereeReport:
    """Read a summary of a run; nanoseconds become milliseconds. `values` is how many latencies it had.

    LoadGen quotes the value of rank floor(n p) + 1 of n values for every percentile p, whatever n is. Where that is the
    largest value, the sample does not support the percentile, and it is left out.

    Raises:
        InvalidError: there is no result in the text.
    """
    result = _RESULT.search(text)
    if result is None:
        raise InvalidError(
            f"the summary of {name} holds no result, its first line is {text[:60].partition(chr(10))[0]!r}",
            help="its detail log beside it says what went wrong",
        )
    told = text.partition(_PARAMETERS)[0]
    valid = result[1] == "VALID"
    figures = (_converted(match[1], float(match[2])) for match in _FIGURE.finditer(told))
    return RefereeReport(
        name=name,
        valid=valid,
        reasons=() if valid else _reasons(told),
        figures=tuple(figure for figure in figures if _supported(figure[0], values)),
    )


def _reasons(text: str) -> tuple[str, ...]:
    failed = [f"{match[1].strip()}: NO" for match in _SATISFIED.finditer(text)]
    advice = [" ".join(match[1].split()) for match in _ADVICE.finditer(text)]
    return (*failed, *advice)


def _converted(label: str, value: float) -> tuple[str, float]:
    """The figure under its own name, its unit in it."""
    if label.endswith("(ns)"):
        return f"{label.removesuffix('(ns)')}(ms)", value / 1e6
    if label.endswith("estimate"):
        return f"{label} (ms)", value / 1e6
    return (label if label.endswith("per second") else f"{label} (per s)"), value


def _supported(label: str, values: int) -> bool:
    match = _PERCENTILE.match(label)
    return match is None or int(values * float(match[1]) / 100) < values - 1
