"""Spans of requests, as the SDK keeps them and as a collector reads them."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from asgi_server import served
from ended import ended
from fakes import jpeg
from http_rig import CLOCK, OpenGuard, call
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_tracer_provider
from stations import ReadyModels, colour_station

from vedette.adapters.grpc.method import Told as Call
from vedette.adapters.http.app import App
from vedette.adapters.http.images import ImageEndpoints
from vedette.adapters.http.uploads import Uploads
from vedette.adapters.telemetry.otel import MOST_SPANS, Tracing, open_tracing
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.ended import Ended
from vedette.flows.inference.service import Service
from vedette.flows.inference.trail import Run
from vedette.values.serving import Limits
from vedette.values.timeline import Span, Timeline

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"  # the example of W3C Trace Context
RUN = Run("colour", "1", Timeline((Span("decode", 2_000_000, 3_000_000), Span("infer", 3_000_000, 9_000_000))))


def traced(*requests: Ended) -> tuple[ReadableSpan, ...]:
    """The spans of requests, in the order of their ends."""
    kept = InMemorySpanExporter()
    tracing = Tracing(SimpleSpanProcessor(kept), CLOCK, "1.2.3")
    for request in requests:
        tracing.told(request)
    spans: tuple[ReadableSpan, ...] = kept.get_finished_spans()
    tracing.close()
    return spans


def test_a_request_is_a_server_span_with_its_stages_below() -> None:
    """Names, times and attributes; the stages lie within the request as in its timeline."""
    decode, infer, deliver, server = traced(ended(made_ns=9_500_000, runs=(RUN,)))

    assert (server.name, server.kind, server.parent) == ("POST /infer/{models}", SpanKind.SERVER, None)
    assert server.end_time - server.start_time == 12_300_000
    assert [
        (one.name, one.start_time - server.start_time, one.end_time - one.start_time) for one in (decode, infer)
    ] == [
        ("decode", 1_000_000, 1_000_000),
        ("infer", 2_000_000, 6_000_000),
    ]
    assert (deliver.name, deliver.end_time, deliver.end_time - deliver.start_time) == (
        "deliver",
        server.end_time,
        3_800_000,
    )
    assert all(one.parent.span_id == server.context.span_id for one in (decode, infer, deliver))
    assert dict(infer.attributes) == {"vedette.model": "colour", "vedette.version": "1"}
    assert dict(server.attributes) == {
        "http.request.method": "POST",
        "http.route": "/infer/{models}",
        "url.path": "/infer/colour",
        "http.response.status_code": 200,
        "client.address": "192.0.2.7",
        "vedette.request_id": "r1",
        "vedette.key": "camera",
    }
    assert server.resource.attributes["service.version"] == "1.2.3"
    assert server.status.status_code is StatusCode.UNSET


def test_times_are_those_of_the_calendar() -> None:
    """Instants of the clock are told as nanoseconds since 1970."""
    before = CLOCK.wall().timestamp()
    now_ns = CLOCK.now_ns()
    (server,) = traced(ended(received_ns=now_ns, ended_ns=now_ns))
    after = CLOCK.wall().timestamp()

    assert before - 0.001 <= server.start_time / 1e9 <= after + 0.001


def test_a_failure_is_told_by_its_kind() -> None:
    """Of HTTP and of gRPC; what the caller did wrong is no failure of the server."""
    http, grpc, mine = traced(
        ended(status=503, kind="overloaded"),
        Call("inference.GRPCInferenceService/ModelInfer", "INTERNAL", "r", "", "", 0, 1, "internal"),
        ended(status=400, kind="invalid"),
    )

    assert (http.status.status_code, http.attributes["error.type"]) == (StatusCode.ERROR, "overloaded")
    assert (grpc.name, grpc.status.status_code) == ("inference.GRPCInferenceService/ModelInfer", StatusCode.ERROR)
    assert grpc.attributes["rpc.service"] == "inference.GRPCInferenceService"
    assert grpc.attributes["rpc.method"] == "ModelInfer"
    assert mine.status.status_code is StatusCode.UNSET


def test_a_traceparent_makes_its_span_the_parent() -> None:
    """One that is none, or says not to record, is taken at its word."""
    (child,) = traced(ended(traceparent=PARENT))
    (alone,) = traced(ended(traceparent="00-zz-1-01"))
    silent = traced(ended(traceparent=PARENT[:-1] + "0", runs=(RUN,)))

    assert f"{child.context.trace_id:032x}" == PARENT.split("-")[1]
    assert f"{child.parent.span_id:016x}" == PARENT.split("-")[2]
    assert alone.parent is None
    assert silent == ()


def test_an_image_in_many_tiles_has_one_span_a_stage() -> None:
    """From the first begin to the last end."""
    spans = tuple(Span("infer", 1_000_000 + n, 1_000_100 + 2 * n) for n in range(MOST_SPANS + 1))
    infer, server = traced(ended(runs=(Run("colour", "1", Timeline(spans)),)))

    assert infer.start_time == server.start_time
    assert infer.end_time - infer.start_time == 100 + 2 * MOST_SPANS


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, ExportTraceServiceRequest]], threading.Event]]:
    """A receiver of OTLP over HTTP: its address, paths and messages, and that some came."""
    received: list[tuple[str, ExportTraceServiceRequest]] = []
    some = threading.Event()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            received.append((self.path, ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()
            some.set()

        def log_message(self, *words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received, some
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


@pytest.mark.parametrize("end", ["", "/", "/v1/traces"])
def test_a_collector_gets_the_spans_of_a_real_request(tmp_path: Path, end: str) -> None:
    """From a real server by OTLP: every stage of the timeline within the request, and the caller's trace."""
    crew = Crew(2, CLOCK)
    station = colour_station(tmp_path)
    with collector() as (address, received, some):
        tracing = open_tracing(address + end, CLOCK, "1.2.3")

        def application() -> App:
            service = Service(ReadyModels(colour=station), crew, Limits(), CLOCK)
            images = ImageEndpoints(service, Uploads(None, service.limits), CLOCK)  # type: ignore[arg-type]
            return App(images.endpoints(), OpenGuard(), (tracing,), CLOCK, traced=True)

        try:
            with served(application) as url:
                answer = call("POST", f"{url}/infer/colour", jpeg((255, 0, 0)), traceparent=PARENT)
        finally:
            tracing.close()
            crew.close()
        assert some.wait(30)

    assert answer.status == 200
    ((path, message),) = received
    (resource,) = message.resource_spans
    spans = {span.name: span for span in resource.scope_spans[0].spans}
    assert path == "/v1/traces"
    assert set(spans) == {*answer.json()["timeline_ms"], "deliver", "POST /infer/{models}"} - {"total"}
    server = spans.pop("POST /infer/{models}")
    assert server.parent_span_id.hex() == PARENT.split("-")[2]
    assert {span.parent_span_id for span in spans.values()} == {server.span_id}
    assert {span.trace_id.hex() for span in (server, *spans.values())} == {PARENT.split("-")[1]}
    for span in spans.values():
        assert server.start_time_unix_nano <= span.start_time_unix_nano
        assert span.end_time_unix_nano <= server.end_time_unix_nano
    told_ms = (spans["infer"].end_time_unix_nano - spans["infer"].start_time_unix_nano) / 1e6
    assert told_ms == pytest.approx(answer.json()["timeline_ms"]["infer"], abs=0.01)


def test_the_tracing_of_the_host_is_left_alone() -> None:
    """No global provider is set."""
    before = get_tracer_provider()

    traced(ended())

    assert get_tracer_provider() is before


def test_without_the_packages_the_error_says_what_to_install() -> None:
    """Not a traceback of an import."""
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from vedette.errors import UnavailableError\n"
        "try:\n    import vedette.adapters.telemetry.otel\n"
        "except UnavailableError as error:\n    print(error)"
    )
    ended_well = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert 'help: pip install "vedette[otel]"' in ended_well.stdout


def test_a_collector_that_does_not_answer_keeps_nobody_from_ending() -> None:
    """The end of a server does not wait for it for long."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        tracing = open_tracing(f"http://127.0.0.1:{silent.getsockname()[1]}", CLOCK, "1.2.3")
        tracing.told(ended())
        ending = threading.Thread(target=tracing.close)
        ending.start()
        ending.join(30)

        assert not ending.is_alive()
