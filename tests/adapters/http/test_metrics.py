"""`GET /metrics`, read back by Prometheus' own parsers and held against what the server has counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import urllib3
from asgi_server import served
from fakes import jpeg
from http_rig import CLOCK, OpenGuard, call
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from stations import ReadyModels, colour_station

from vedette.adapters.grpc.method import Told as Call
from vedette.adapters.http.app import App
from vedette.adapters.http.guard import Guard
from vedette.adapters.http.images import ImageEndpoints
from vedette.adapters.http.metrics import Counted, MetricsEndpoint, moment_of
from vedette.adapters.http.uploads import Uploads
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.service import Service
from vedette.flows.inference.traffic import Traffic
from vedette.values.served import IndexEntry, ModelState
from vedette.values.serving import Key, Limits, Right
from vedette.values.timeline import STAGES

RED = jpeg((255, 0, 0))
BROKEN = IndexEntry('b"\\\nird', "2", ModelState.UNAVAILABLE, "no file")
SUFFIXES = ("_bytes", "_seconds", "_total", "_info")


class Known(ReadyModels):
    """Models that are ready, and one that is not."""

    def index(self) -> tuple[IndexEntry, ...]:
        left = IndexEntry("not chosen", "1", ModelState.UNAVAILABLE, "not loaded", wanted=False)
        return (*(IndexEntry(name, "1", ModelState.READY) for name in self.stations), BROKEN, left)


@dataclass
class Server:
    url: str
    station: ImageStation
    traffic: Traffic

    def families(self, accept: str = "") -> dict[str, Metric]:
        answer = call("GET", f"{self.url}/metrics", accept=accept)
        assert answer.status == 200
        text = answer.data.decode()
        return {family.name: family for family in (parse_openmetrics if "openmetrics" in accept else parse)(text)}


async def no_fetch(url: str, until_ns: int | None) -> tuple[str, bytes]:
    raise AssertionError(url)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    station, traffic, crew = colour_station(tmp_path), Traffic(), Crew(2, CLOCK)
    models = Known(colour=station)

    def application() -> App:
        service = Service(models, crew, Limits(queue_images=3), CLOCK, cores=1)
        images = ImageEndpoints(service, Uploads(no_fetch, service.limits), CLOCK)
        counted = Counted(models, service, traffic, "1.2.3", lambda: (4, 500), lambda: 6)
        return App((*images.endpoints(), *MetricsEndpoint(counted, None).endpoints()), OpenGuard(), (traffic,), CLOCK)

    try:
        with served(application) as url:
            yield Server(url, station, traffic)
    finally:
        crew.close()


def post(server: Server, body: bytes = RED, query: str = "") -> urllib3.BaseHTTPResponse:
    return call("POST", f"{server.url}/infer/colour{query}", body)


def value(families: Mapping[str, Metric], sample: str, **labels: str) -> float:
    """The one sample of a name with these labels."""
    found = [
        one.value
        for family in families.values()
        for one in family.samples
        if one.name == sample and labels.items() <= one.labels.items()
    ]
    assert len(found) == 1, (sample, labels, found)
    return found[0]


def test_what_a_model_did_is_told(server: Server) -> None:
    """Answers, failures by kind, refusals, batches: the figures of the server's own statistics."""
    statuses = [post(server).status, post(server).status, post(server, b"no image").status]
    past = post(server, query="?timeout_ms=0.000001").status
    families = server.families()

    own = server.station.statistics.snapshot()
    assert statuses == [200, 200, 400]
    assert past in (503, 504)
    model = {"model": "colour", "version": "1"}
    assert value(families, "vedette_answers_total", **model) == own.succeeded == 2
    assert value(families, "vedette_failures_total", **model, kind="invalid") == 1
    assert {(s.labels["kind"], s.value) for s in families["vedette_failures"].samples} == set(own.failures)
    assert sum(count for _, count in own.failures) == 2
    assert value(families, "vedette_refused_total", **model) == dict(own.failures).get("overloaded", 0)
    assert value(families, "vedette_batch_size_count", **model) == sum(one.executions for one in own.batches)
    assert value(families, "vedette_batch_size_sum", **model) == sum(one.rows * one.executions for one in own.batches)
    assert value(families, "vedette_inference_seconds_total", **model) == pytest.approx(
        sum(one.duration_ns for one in own.batches) / 1e9
    )


def test_every_stage_has_a_histogram(server: Server) -> None:
    """Sums and counts are those of the statistics; buckets grow, and the last holds all."""
    for _ in range(3):
        post(server)
    families = server.families()

    own = dict(server.station.statistics.snapshot().stages)
    assert own["deliver"].count == own["infer"].count == 3
    for stage in (*STAGES, "deliver", "total"):
        name, labels = "vedette_stage_duration_seconds", {"model": "colour", "version": "1", "stage": stage}
        buckets = [
            (float(one.labels["le"]), one.value)
            for one in families[name].samples
            if one.name == f"{name}_bucket" and labels.items() <= one.labels.items()
        ]
        assert buckets == sorted(buckets)
        assert [count for _, count in buckets] == sorted(count for _, count in buckets)
        assert buckets[-1] == (float("inf"), own[stage].count)
        assert value(families, f"{name}_count", **labels) == own[stage].count
        assert value(families, f"{name}_sum", **labels) == pytest.approx(own[stage].sum_ms / 1000)


def test_models_work_and_the_server_are_told(server: Server) -> None:
    """States, limits, workers, connections, lines of the log, versions, the process."""
    families = server.families()

    assert value(families, "vedette_model_ready", model="colour", version="1") == 1
    assert value(families, "vedette_model_ready", model=BROKEN.name, version="2") == 0
    assert {s.labels["state"]: s.value for s in families["vedette_models"].samples} == {
        "loading": 0,
        "ready": 1,
        "unloading": 0,
        "unavailable": 1,
    }
    assert value(families, "vedette_images_under_way") == 0
    assert value(families, "vedette_images_under_way_limit") == 3
    assert value(families, "vedette_under_way_limit_bytes") == Limits().queue_bytes
    assert value(families, "vedette_workers") == 2
    assert value(families, "vedette_draining") == 0
    assert value(families, "vedette_http_connections") == 4
    assert value(families, "vedette_http_connections_limit") == 500
    assert value(families, "vedette_log_dropped_lines_total") == 6
    assert value(families, "vedette_build_info", version="1.2.3") == 1
    assert value(families, "process_cpu_seconds_total") > 0
    assert value(families, "process_start_time_seconds") < CLOCK.wall().timestamp()
    resident = value(families, "process_resident_memory_bytes")
    assert 0 < value(families, "vedette_process_pss_bytes") < 4 * resident
    assert value(families, "process_open_fds") > 0


def test_requests_are_told_by_route_method_and_status(server: Server) -> None:
    """Paths that are none share a row, whatever a client invents."""
    post(server)
    for path in ("/a", "/b", "/infer/x/y/z"):
        call("GET", server.url + path)
    server.traffic.told(Call("inference.GRPCInferenceService/ModelInfer", "OK", "r2", "", "", 0, 2_000_000_000))
    families = server.families()

    labels = ("route", "method", "status")
    samples = families["vedette_http_requests"].samples
    requests = {tuple(one.labels[label] for label in labels): one.value for one in samples}
    assert requests == {("/infer/{models}", "POST", "200"): 1, ("", "GET", "404"): 3}
    duration = "vedette_http_request_duration_seconds"
    assert value(families, f"{duration}_count", route="", method="GET") == 3
    method = "inference.GRPCInferenceService/ModelInfer"
    assert value(families, "vedette_grpc_calls_total", method=method, status="OK") == 1
    assert value(families, "vedette_grpc_call_duration_seconds_sum", method=method) == 2


def test_openmetrics_comes_where_it_is_accepted(server: Server) -> None:
    """The same families in both forms, each by the parser of its own; a version that is none is no error."""
    post(server)
    plain = server.families()
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    media = call("GET", f"{server.url}/metrics", accept=accept).headers["content-type"]
    families = server.families(accept)
    odd = call("GET", f"{server.url}/metrics", accept="text/plain; version=x.y, application/openmetrics-text;version=?")

    assert media.startswith("application/openmetrics-text; version=1.0.0")
    assert set(families) == set(plain)
    assert odd.status == 200


def test_names_follow_the_conventions(server: Server) -> None:
    """Those that promtool checks: help, no type in a name, base units and last, counters alone end in _total."""
    post(server)
    families = server.families()

    for name, family in families.items():
        assert family.documentation.strip(), name
        assert re.fullmatch(r"(vedette|process)_[a-z][a-z_]*", name), name
        assert not re.search(r"_(counter|gauge|histogram|total|milliseconds|ms|kilobytes)$", name), name
        assert name.startswith("process_") or family.type in {"counter", "gauge", "histogram"}, name
        for one in family.samples:
            assert one.name.endswith("_total") == (family.type == "counter"), one.name
            assert all(re.fullmatch(r"[a-z]+", label) for label in one.labels)
        for unit in ("bytes", "seconds"):
            assert unit not in name or name.endswith(f"_{unit}"), name


def test_the_documentation_names_every_metric(server: Server) -> None:
    """With its type and its labels, and none besides."""
    post(server)
    post(server, b"no image")
    server.traffic.told(Call("m", "OK", "r", "", "", 0, 1))
    families = server.families()

    expected = {
        (
            name + ("_total" if family.type == "counter" else ""),
            family.type,
            frozenset(family.samples[0].labels) - {"le"},
        )
        for name, family in families.items()
    }
    text = (Path(__file__).parents[3] / "docs/operating.md").read_text()
    rows = re.findall(r"^\| `((?:vedette|process)_\w+)` \| (\w+) \| ([^|]*)\| [^|]+ \|$", text, re.MULTILINE)
    assert {(name, kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows} == expected


def test_keys_guard_the_metrics_unless_they_are_public(server: Server, tmp_path: Path) -> None:
    """The right is that of the row."""
    crew = Crew(1, CLOCK)
    keys = (Key("camera", "sha256:" + "0" * 64, frozenset({Right.INFER})),)
    models = Known(colour=server.station)

    def application(right: Right | None) -> App:
        counted = Counted(models, Service(models, crew, Limits(), CLOCK), Traffic(), "1")
        return App(MetricsEndpoint(counted, right).endpoints(), Guard(keys, CLOCK, local=False), (), CLOCK)

    try:
        with served(lambda: application(Right.INFER)) as guarded, served(lambda: application(None)) as public:
            statuses = [call("GET", f"{url}/metrics").status for url in (guarded, public)]
    finally:
        crew.close()

    assert statuses == [401, 200]


def test_a_figure_that_is_not_known_is_absent(server: Server) -> None:
    """Not a zero."""
    crew = Crew(1, CLOCK)
    models = Known()
    try:
        counted = Counted(models, Service(models, crew, Limits(), CLOCK), Traffic(), "1")
        moment = moment_of(counted)
    finally:
        crew.close()

    from vedette.adapters.http.exposition import families

    names = {family.name for family in families(moment)}
    assert not names & {"vedette_http_connections", "vedette_log_dropped_lines"}
    assert {family.name for family in families(replace(moment, connections=(0, 1)))} - names == {
        "vedette_http_connections",
        "vedette_http_connections_limit",
    }
