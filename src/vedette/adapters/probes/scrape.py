"""Figures that a server offers of itself as Prometheus text, scraped in a thread so that sampling never waits for it.

    # HELP pool_bytes Bytes held by the allocator.
    # TYPE pool_bytes gauge
    pool_bytes{device="cpu"} 1048576          -> server.pool_bytes{device="cpu"} = 1048576

A row has the newest answer, which is at most one slow period old, and NaN once the server no longer answers. Answers
are cut at MOST_BYTES and MOST_SERIES: a server does not decide how large the monitor grows.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from vedette.adapters.probes.words import NAN
from vedette.rules.bench.secrets import check_metrics_url, shown_address
from vedette.values.reading import Absence, Feature, Pace, Reckoning

MOST_BYTES = 1 << 20
MOST_SERIES = 2000
MOST_NAME = 300
TIMEOUT_S = 2.0
_OK = 200
_COUNTERS = {"counter", "histogram", "summary"}
_UNITS = (("_bytes", "bytes"), ("_seconds", "s"), ("_joules", "J"), ("_ratio", "1"), ("_total", "count"))


class ScrapeProbe:
    """Implements `Probe` for the metrics of a server.

    Raises:
        UsageError: the URL is none of http or https.
    """

    pace = Pace.SLOW

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url, self._timeout_s = check_metrics_url(url), timeout_s
        self._shown = shown_address(url)
        self._answer: dict[str, float] = {}
        self._known: dict[str, Feature] = {}
        self._reason = f"{self._shown} has not answered yet"
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self.features: tuple[Feature, ...] = ()
        self._thread = threading.Thread(target=self._scrape, name="scrape", daemon=True)
        self._thread.start()
        self._wanted.set()

    @property
    def absences(self) -> Sequence[Absence]:
        """See `Probe.absences`."""
        with self._lock:
            return (Absence("server", self._reason),) if self._reason else ()

    def read(self) -> Sequence[float]:
        """See `Probe.read`. It asks for the next answer, and does not wait for it."""
        with self._lock:
            if len(self._known) > len(self.features):
                self.features = tuple(self._known.values())
            answer = self._answer
        self._wanted.set()
        return [answer.get(feature.name, NAN) for feature in self.features]

    def _scrape(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                values, features = parsed(self._fetch(), self._shown)
                reason = "" if values else f"{self._shown} answered without a figure"
            except (OSError, HTTPException, ValueError) as error:
                values, features, reason = {}, [], f"{self._shown}: {error or type(error).__name__}"
            with self._lock:
                self._answer, self._reason = values, reason
                for feature in features:
                    if len(self._known) < MOST_SERIES:
                        self._known.setdefault(feature.name, feature)

    def _fetch(self) -> str:
        parts = urlsplit(self._url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self._timeout_s)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"Accept": "text/plain"})
            response = connection.getresponse()
            if response.status != _OK:
                raise HTTPException(f"status {response.status}")
            return response.read(MOST_BYTES).decode("utf-8", "replace")
        finally:
            connection.close()


def parsed(text: str, source: str) -> tuple[dict[str, float], list[Feature]]:
    """Values by name, and what they are, of Prometheus's text format; lines that are none of it are passed over."""
    helps: dict[str, str] = {}
    kinds: dict[str, str] = {}
    values: dict[str, float] = {}
    features: list[Feature] = []
    for line in text.splitlines():
        if line.startswith("#"):
            _take_comment(line, helps, kinds)
        elif (series := _series(line)) and len(values) < MOST_SERIES and f"server.{series[0]}" not in values:
            name = f"server.{series[0]}"
            values[name] = series[1]
            features.append(_feature(name, helps, kinds, source))
    return values, features


def _take_comment(line: str, helps: dict[str, str], kinds: dict[str, str]) -> None:
    words = line.split(maxsplit=3)
    if len(words) > 3 and words[1] in {"HELP", "TYPE"}:  # noqa: PLR2004 - `# HELP name text`
        (helps if words[1] == "HELP" else kinds)[words[2]] = words[3].strip()[:MOST_NAME]


def _series(line: str) -> tuple[str, float] | None:
    """`name{labels} value [time]`; a label may hold blanks and braces, so the last brace ends them."""
    end = line.rfind("}") + 1
    name, rest = (line[:end], line[end:]) if end else (line.partition(" ")[0], line.partition(" ")[2])
    words = rest.split()
    try:
        value = float(words[0])
    except (IndexError, ValueError):
        return None
    name = "".join(letter for letter in name.strip() if letter.isprintable())
    return (name, value) if name and len(name) <= MOST_NAME and not math.isnan(value) else None


def _feature(name: str, helps: dict[str, str], kinds: dict[str, str], source: str) -> Feature:
    metric = name.removeprefix("server.").partition("{")[0]
    family = next((one for one in (metric, *_stems(metric)) if one in kinds or one in helps), metric)
    counts = kinds.get(family) in _COUNTERS
    unit = next((unit for end, unit in _UNITS if end in metric), "as the server says")
    meaning = helps.get(family) or f"{metric}, as the server names it"
    return Feature(name, unit, source, meaning, Pace.SLOW, Reckoning.COUNTER if counts else Reckoning.GAUGE)


def _stems(metric: str) -> list[str]:
    return [metric.removesuffix(end) for end in ("_bucket", "_sum", "_count", "_total") if metric.endswith(end)]
