"""The metrics of a server as families of Prometheus, and these as text.

Names follow https://prometheus.io/docs/practices/naming: the prefix `vedette_`, the unit last, counters end in
`_total`. Figures of the process itself have the names that Prometheus' own client libraries give them.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from math import inf

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from vedette.adapters.http.moment import Moment
from vedette.values.served import ModelState
from vedette.values.statistics import BUCKETS_MS, BatchCount, Histogram, TrafficCount
from vedette.values.timeline import STAGES

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Upper bounds of the buckets of batch sizes; the last bucket has none."""

_BOUNDS_S = (*(str(bound / 1000) for bound in BUCKETS_MS), "+Inf")
_STAGES = (*STAGES, "deliver", "total")
_MODEL = ("model", "version")
_OPENMETRICS = "application/openmetrics-text"
_UNSEEN = Histogram((0,) * len(_BOUNDS_S), 0.0)


class _Families(Collector):
    """What the library asks for families."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment

    def collect(self) -> Iterable[Metric]:
        yield from families(self._moment)


def written(moment: Moment, accept: str) -> tuple[bytes, str]:
    """The text in the form that `accept` asks for, and its media type."""
    if _OPENMETRICS in (wanted.partition(";")[0].strip().lower() for wanted in accept.split(",")):
        write: Callable[..., bytes] = openmetrics.generate_latest
        return write(_Families(moment), version="1.0.0"), openmetrics.CONTENT_TYPE_LATEST
    return generate_latest(_Families(moment)), CONTENT_TYPE_PLAIN_0_0_4


def families(moment: Moment) -> Iterator[Metric]:
    """Every family, in the order of the documentation."""
    yield from _models(moment)
    yield from _times(moment)
    yield from _work(moment)
    yield from _traffic("http", "requests", "request", moment.traffic)
    yield from _traffic("grpc", "calls", "call", moment.traffic)
    yield from _server(moment)
    yield from _process()


def _models(moment: Moment) -> Iterator[Metric]:
    ready = _gauge("vedette_model_ready", "Whether a version of a model serves: 1 or 0.", *_MODEL)
    states = Counter(entry.state for entry in moment.index)
    by_state = _gauge("vedette_models", "Versions of models by state.", "state")
    for entry in moment.index:
        ready.add_metric((entry.name, entry.version), float(entry.state is ModelState.READY))
    for state in ModelState:
        by_state.add_metric((state.value.lower(),), states[state])
    answers = _counter("vedette_answers", "Images, or requests with tensors, that a model answered.", *_MODEL)
    failures = _counter("vedette_failures", "Images and requests that failed or were refused.", *_MODEL, "kind")
    refused = _counter("vedette_refused", "Requests that were not admitted, because there was too much to do.", *_MODEL)
    for name, version, told in moment.models:
        answers.add_metric((name, version), told.succeeded)
        kinds = dict(told.failures)
        for kind, count in kinds.items():
            failures.add_metric((name, version, kind), count)
        refused.add_metric((name, version), kinds.get("overloaded", 0))
    yield from (ready, by_state, answers, failures, refused)


def _times(moment: Moment) -> Iterator[Metric]:
    stages = _histogram("vedette_stage_duration_seconds", "Time of one answer in each stage.", *_MODEL, "stage")
    batches = _histogram("vedette_batch_size", "Rows of one inference.", *_MODEL)
    seconds = _counter("vedette_inference_seconds", "Time of inferences, of all streams together.", *_MODEL)
    for name, version, told in moment.models:
        known = dict(told.stages)
        for stage in _STAGES:
            times = known.get(stage, _UNSEEN)
            stages.add_metric((name, version, stage), _buckets(times), times.sum_ms / 1000)
        batches.add_metric(
            (name, version), _batch_buckets(told.batches), sum(b.rows * b.executions for b in told.batches)
        )
        seconds.add_metric((name, version), sum(batch.duration_ns for batch in told.batches) / 1e9)
    yield from (stages, batches, seconds)


def _work(moment: Moment) -> Iterator[Metric]:
    work, limits = moment.work, moment.work.limits
    yield _one("vedette_images_under_way", "Images, or requests with tensors, that wait or run.", work.images)
    yield _one("vedette_images_under_way_limit", "How many may.", limits.queue_images)
    yield _one("vedette_under_way_bytes", "Bytes of bodies that are held.", work.size_bytes)
    yield _one("vedette_under_way_limit_bytes", "How many may.", limits.queue_bytes)
    yield _one("vedette_workers", "Threads that work on requests.", work.workers)
    yield _one("vedette_workers_idle", "Of them, those that have nothing to do.", work.idle_workers)
    yield _one("vedette_tasks_waiting", "Pieces of work that no worker has taken yet.", work.tasks_waiting)
    yield _one("vedette_draining", "Whether the server is on its way down: 1 or 0.", work.draining)


def _traffic(protocol: str, many: str, one: str, counts: Sequence[TrafficCount]) -> Iterator[Metric]:
    """Of HTTP by route, method and status; of gRPC the route is the method."""
    labels = ("route", "method") if protocol == "http" else ("method",)
    title = f"{many.capitalize()} of {'HTTP' if protocol == 'http' else 'gRPC'}"
    answered = _counter(f"vedette_{protocol}_{many}", f"{title} that have ended, by status.", *labels, "status")
    times = _histogram(f"vedette_{protocol}_{one}_duration_seconds", f"{title}: from head to end of answer.", *labels)
    for count in counts:
        if count.protocol != protocol:
            continue
        named = (count.route, count.method) if protocol == "http" else (count.route,)
        for status, number in count.statuses:
            answered.add_metric((*named, status), number)
        times.add_metric(named, _buckets(count.times), count.times.sum_ms / 1000)
    yield from (answered, times)


def _server(moment: Moment) -> Iterator[Metric]:
    if moment.connections is not None:
        yield _one("vedette_http_connections", "Connections of HTTP that are open.", moment.connections[0])
        yield _one("vedette_http_connections_limit", "How many may be.", moment.connections[1])
    if moment.dropped_lines is not None:
        dropped = _counter("vedette_log_dropped_lines", "Lines of the log that could not be written.")
        dropped.add_metric((), moment.dropped_lines)
        yield dropped
    build = _gauge("vedette_build_info", "1, with the versions of Vedette and Python.", "version", "python")
    build.add_metric((moment.version, platform.python_version()), 1)
    yield build


def _process() -> Iterator[Metric]:
    """What the library reads of the process, and its share of memory; models in child processes are not in it."""
    yield from ProcessCollector(registry=None).collect()
    try:
        with open("/proc/self/smaps_rollup", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - as quick
            kilobytes = next((line.split()[1] for line in file if line.startswith("Pss:")), None)
    except OSError:
        return
    if kilobytes is not None:
        text = "Memory in use, each shared page divided by the number of its users."
        yield _one("vedette_process_pss_bytes", text, int(kilobytes) * 1024)


def _buckets(times: Histogram) -> list[tuple[str, float]]:
    return list(zip(_BOUNDS_S, (float(count) for count in accumulate(times.buckets)), strict=True))


def _batch_buckets(batches: Sequence[BatchCount]) -> list[tuple[str, float]]:
    bounds = (*BATCH_SIZES, inf)
    return [
        (
            "+Inf" if bound == inf else str(float(bound)),
            float(sum(batch.executions for batch in batches if batch.rows <= bound)),
        )
        for bound in bounds
    ]


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=labels)


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, labels=labels)


def _histogram(name: str, text: str, *labels: str) -> HistogramMetricFamily:
    return HistogramMetricFamily(name, text, labels=labels)
