"""Mean power of a run while its requests counted: from counters of energy, else from the server's CPU time.

RAPL's packages and NVML's boards are added up, each over the readings that lie within the requests. Where nothing is
measured the cores that the server kept busy are multiplied by what one busy core is assumed to draw.
"""

from __future__ import annotations

import numpy as np

from vedette.rules.capacity.cost import Tariff
from vedette.rules.capacity.energy import Power, estimated_power, measured_power
from vedette.rules.monitor.rates import growth, measured_joules, process_cores, why_absent
from vedette.rules.stats.counted import spans
from vedette.values.reading import Samples
from vedette.values.run import RunData

Span = tuple[int, int]

_SERVER = "server"


def power_of(data: RunData, tariff: Tariff | None = None) -> tuple[Power | None, str]:
    """Power of a run, or why there is none.

    Args:
        data: the run.
        tariff: of the device; its watts a core are needed for an estimate.
    """
    parts = spans(data)
    if data.samples is None:
        return None, "the run was not monitored"
    if not parts:
        return None, "no request of the run counts"
    counters = dict.fromkeys(name for part in parts for name in measured_joules(data.samples, part))
    if counters:
        watts = sum(_watts(data.samples, name, parts) for name in counters)
        return measured_power(watts, " + ".join(counters)), ""
    return _estimated(data.samples, parts, tariff)


def _watts(samples: Samples, name: str, parts: tuple[Span, ...]) -> float:
    """Mean power by one counter, over the time between its first and last reading in each part."""
    joules, seconds = 0.0, 0.0
    for part in parts:
        grown = growth(samples, name, part)
        if grown is not None:
            joules += grown
            seconds += _read_for(samples, name, part)
    return joules / seconds


def _read_for(samples: Samples, name: str, part: Span) -> float:
    inside = np.isfinite(samples.columns[name]) & (samples.at_ns >= part[0]) & (samples.at_ns <= part[1])
    return float(np.ptp(samples.at_ns[inside])) / 1e9


def _estimated(samples: Samples, parts: tuple[Span, ...], tariff: Tariff | None) -> tuple[Power | None, str]:
    unmeasured = f"energy was not measured ({why_absent(samples, 'energy.rapl')})"
    if tariff is None or tariff.watts_per_core is None:
        lacking = "no device was named" if tariff is None else f"{tariff.device} has no watts_per_core"
        return None, f"{unmeasured}; for an estimate {lacking} in the price file"
    known = [(process_cores(samples, _SERVER, part), part[1] - part[0]) for part in parts]
    used = [(cores, length) for cores, length in known if cores is not None]
    if not used:
        name = f"process.{_SERVER}.tree.cpu_user"
        return None, f"{unmeasured}, and neither was the server's CPU time ({why_absent(samples, name)})"
    busy = sum(cores * length for cores, length in used) / sum(length for _, length in used)
    return estimated_power(busy, tariff.watts_per_core, tariff.device), ""
