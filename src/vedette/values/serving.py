"""What `vedette serve` is told: the whole of its configuration as frozen values. Every default is stated here.

Times are seconds or milliseconds as the name says, sizes are bytes. Reading them out of `vedette.yaml` is an adapter's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vedette.values.deadline import DeadlineClass
from vedette.values.execution import Optimise, Precision, RuntimeName

_MIB = 1024 * 1024


class Right(StrEnum):
    """What a key may do: `infer` uses models and pipelines, `admin` loads, unloads and changes them; they are apart."""

    INFER = "infer"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class VersionPolicy:
    """Which versions of a model are served: the `latest` highest ones, those in `only`, or all (both are None)."""

    latest: int | None = 1
    only: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class StageNames:
    """The operator's own code as `module:Class`; None keeps Vedette's own. Never read from a model folder."""

    preprocess: str | None = None
    postprocess: str | None = None
    decide: str | None = None


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How one model is served.

    Attributes:
        name: of the model in the repository.
        versions: which of its versions.
        runtime, precision: None leaves it to `auto`.
        device, threads, optimise: as on the command line.
        isolated: runs in a child process, so that its crash or hang leaves the server standing.
        target_latency_ms: time that an answer may take; the batcher waits for more rows as long as it holds.
        max_batch: rows in one inference at most.
        deadline: the class of requests that name none.
        warm_up: inferences for each stream before the model is READY.
        stages: the operator's own code.
        profile: file of a profile: the model runs as it was profiled, and its batch curve decides the batches.
    """

    name: str
    versions: VersionPolicy = VersionPolicy()
    runtime: RuntimeName | None = None
    precision: Precision | None = None
    device: str = "cpu"
    threads: int | None = None
    optimise: Optimise = Optimise.THROUGHPUT
    isolated: bool = False
    target_latency_ms: float | None = None
    max_batch: int = 8
    deadline: DeadlineClass = DeadlineClass.SOFT
    warm_up: int = 1
    stages: StageNames = StageNames()
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An API key: its name for logs, the hash of its secret, what it may do, requests a second (None: no limit)."""

    name: str
    hash: str
    rights: frozenset[Right]
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files: the server's chain and key; `clients`: authorities whose certificates clients must show (mTLS)."""

    certificate: str
    key: str
    clients: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes on at most; each limit is an error of kind too_large or overloaded, never a crash.

    Attributes:
        body_bytes: of one request, as it comes.
        decompressed_bytes: of one request body after gzip or deflate.
        head_bytes: of request line and headers.
        json_depth: nested levels of a JSON body.
        pixels: of one image.
        images: in one request.
        tensors: inputs of one request.
        queue_images: images (or tensor requests) admitted and not answered yet.
        queue_bytes: their bytes.
        connections: open at once.
        head_s: time for the head of a request to arrive.
        body_bytes_per_s: slowest pace of a body, measured over `head_s` at a time.
        idle_s: a connection without a request is closed after this.
        drain_s: time that requests under way get after SIGTERM.
    """

    body_bytes: int = 64 * _MIB
    decompressed_bytes: int = 256 * _MIB
    head_bytes: int = 32 * 1024
    json_depth: int = 64
    pixels: int = 200_000_000
    images: int = 64
    tensors: int = 64
    queue_images: int = 512
    queue_bytes: int = 512 * _MIB
    connections: int = 20_000
    head_s: float = 10.0
    body_bytes_per_s: int = 1024
    idle_s: float = 75.0
    drain_s: float = 30.0


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Which addresses the server may fetch or call by itself; without hosts none.

    Attributes:
        hosts: names, or patterns such as `*.cameras.example` or `camera1.example:554` (see `rules/access/hosts`).
        schemes: of the addresses.
        private: whether addresses of private, loopback and link-local networks may be reached.
        max_bytes: of one answer.
        timeout_s: for the whole of it.
        redirects: followed at most, each checked as the first.
    """

    hosts: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ("https", "http")
    private: bool = False
    max_bytes: int = 64 * _MIB
    timeout_s: float = 10.0
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class FilePolicy:
    """Folders below which the server may read inputs and write outputs that a request names; none by default."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """A pipeline of the uniform interface as it is at start: its models, input and outputs by id."""

    name: str
    models: tuple[str, ...] = ()
    input: str | None = None
    outputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LogOptions:
    """Lines of the log: `text` or `json`; `level` as Python's logging names it; `requests`: a line a request."""

    format: str = "text"
    level: str = "INFO"
    requests: bool = False


@dataclass(frozen=True, slots=True)
class Serving:
    """A whole server.

    Attributes:
        repository: folder of models; None: the home folder.
        models: those that are served, with their options; empty: all that are in the repository.
        host, port, grpc_port: where it listens; port 0 takes a free one, `grpc_port` None means no gRPC.
        insecure: other addresses than loopback may be bound without keys.
        poll_s: how often the repository is looked at for changes; None: never.
        keys, tls, limits, fetch, files, pipelines, log: see their classes.
        otel_endpoint: address of an OpenTelemetry collector (OTLP over HTTP); None: no spans.
        metrics_public: whether `/metrics` is open without a key where keys are in force.
    """

    repository: str | None = None
    models: tuple[ModelOptions, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    grpc_port: int | None = 8001
    insecure: bool = False
    poll_s: float | None = 2.0
    keys: tuple[Key, ...] = ()
    tls: Tls | None = None
    limits: Limits = Limits()
    fetch: FetchPolicy = FetchPolicy()
    files: FilePolicy = FilePolicy()
    pipelines: tuple[PipelineOptions, ...] = ()
    log: LogOptions = LogOptions()
    otel_endpoint: str | None = None
    metrics_public: bool = False
