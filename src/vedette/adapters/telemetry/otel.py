"""Spans of requests, made after their end, and sent in batches by a thread (OTLP over HTTP).

    POST /infer/{models}                    server span: from the head of the request to the end of its answer
      decode | preprocess | queue | infer   child spans: one for each span of each model's timeline
      deliver                               from the answer made to the answer sent

Attributes follow https://opentelemetry.io/docs/specs/semconv/http and /rpc. A `traceparent` of the request (W3C Trace
Context) makes its span the parent. No global of OpenTelemetry is set: the library leaves its host's tracing alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from vedette.clock import Clock
from vedette.errors import UnavailableError
from vedette.flows.inference.ended import Ended
from vedette.flows.inference.trail import Run
from vedette.values.timeline import Span

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanProcessor
    from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as error:
    raise UnavailableError(
        f"spans need a package that is not installed: {error.name}", help='pip install "vedette[otel]"'
    ) from error

MOST_SPANS = 64
"""Child spans of one answer of a model; of an image in more tiles each stage has one, from its first to its last."""

_TRACES = "/v1/traces"
_EXPORT_S = 5.0
_CLOSE_S = 2.0


class Tracing:
    """An observer of every door; `close` sends what waits.

    Args:
        processor: takes the spans that are done.
        clock: relates the instants of requests to the date.
        version: of Vedette.
    """

    def __init__(self, processor: SpanProcessor, clock: Clock, version: str) -> None:
        resource = Resource.create({"service.name": "vedette", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("vedette", version)
        self._parents = TraceContextTextMapPropagator()
        self._clock = clock

    def told(self, request: Ended) -> None:
        """One request has ended."""
        since_epoch_ns = round(self._clock.wall().timestamp() * 1e6) * 1000 - self._clock.now_ns()
        parent = self._parents.extract({"traceparent": request.traceparent}) if request.traceparent else None
        start_ns, end_ns = request.received_ns + since_epoch_ns, request.ended_ns + since_epoch_ns
        name = f"{request.method} {request.route}".strip()
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, _attributes(request), start_time=start_ns)
        if span.is_recording():
            within = set_span_in_context(span)
            for stage, begun_ns, ended_ns, attributes in _children(request):
                child = self._tracer.start_span(
                    stage, within, SpanKind.INTERNAL, attributes, start_time=begun_ns + since_epoch_ns
                )
                child.end(ended_ns + since_epoch_ns)
            if request.failed:
                span.set_status(Status(StatusCode.ERROR, request.kind))
        span.end(end_ns)

    def close(self) -> None:
        """Send what waits, and end; a collector that does not answer is left after a while."""
        ending = threading.Thread(target=self._provider.shutdown, name="vedette-traces-end", daemon=True)
        ending.start()
        ending.join(_CLOSE_S)


def open_tracing(endpoint: str, clock: Clock, version: str) -> Tracing:
    """Tracing to a collector: its address, with or without `/v1/traces`."""
    url = endpoint if urlsplit(endpoint).path.strip("/") else endpoint.rstrip("/") + _TRACES
    return Tracing(BatchSpanProcessor(OTLPSpanExporter(url, timeout=_EXPORT_S)), clock, version)


def _attributes(request: Ended) -> dict[str, Any]:
    if request.protocol == "http":
        own = {
            "http.request.method": request.method,
            "http.route": request.route,
            "url.path": request.path,
            "http.response.status_code": request.status,
        }
    else:
        service, _, method = request.route.partition("/")
        own = {
            "rpc.system": "grpc",
            "rpc.service": service,
            "rpc.method": method,
            "rpc.response.status": request.status,
        }
    told = {
        "client.address": request.peer,
        "error.type": request.kind,
        "vedette.request_id": request.request_id,
        "vedette.key": request.key,
    }
    return own | {name: value for name, value in told.items() if value}


def _children(request: Ended) -> Iterator[tuple[str, int, int, Mapping[str, str]]]:
    """Stage, begin, end and attributes of each child span."""
    for run in request.runs:
        attributes = {"vedette.model": run.model, "vedette.version": run.version}
        for span in _spans(run):
            yield span.stage, span.start_ns, span.end_ns, attributes
    if request.made_ns:
        yield "deliver", request.made_ns, request.ended_ns, {}


def _spans(run: Run) -> Iterator[Span]:
    spans = run.timeline.spans
    if len(spans) <= MOST_SPANS:
        yield from spans
        return
    for stage in dict.fromkeys(span.stage for span in spans):
        own = [span for span in spans if span.stage == stage]
        yield Span(stage, min(span.start_ns for span in own), max(span.end_ns for span in own))
