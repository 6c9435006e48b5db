"""The keys of `vedette.yaml`, with units and bounds. Names and defaults are those of `values/serving`.

Everything that decides whether one value is well formed lives in this file; it reads no YAML. What two values mean
together is decided in `rules/serving/check`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vedette.adapters.config.serving_values import (
    Address,
    Bytes,
    Count,
    GrpcPort,
    HostText,
    KeyHash,
    KeyName,
    Listed,
    MaybeSeconds,
    Milliseconds,
    ModelEntry,
    Name,
    Origin,
    PathText,
    Port,
    PrecisionWish,
    RuntimeWish,
    Seconds,
    StageName,
    UpperCase,
    Versions,
)
from vedette.values.deadline import DeadlineClass
from vedette.values.execution import Optimise
from vedette.values.serving import (
    FetchPolicy,
    FilePolicy,
    Key,
    Limits,
    LogOptions,
    ModelOptions,
    PipelineOptions,
    Right,
    Serving,
    StageNames,
    Tls,
    VersionPolicy,
)

_LIMITS, _FETCH, _LOG, _MODEL, _SERVING = Limits(), FetchPolicy(), LogOptions(), ModelOptions(""), Serving()
Flag = Annotated[bool, Field(strict=True)]


class Section(BaseModel):
    """A part of the file; a key that it does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())


class StagesSection(Section):
    """The operator's own code for one model."""

    preprocess: StageName | None = None
    postprocess: StageName | None = None
    decide: StageName | None = None

    def value(self) -> StageNames:
        """As the rest of Vedette knows it."""
        return StageNames(self.preprocess, self.postprocess, self.decide)


class ModelSection(Section):
    """One entry of `models`."""

    name: Name
    versions: Versions = _MODEL.versions
    runtime: RuntimeWish = None
    precision: PrecisionWish = None
    device: Annotated[str, Field(pattern=r"^[a-z]+(:[0-9]+)?$")] = _MODEL.device
    threads: Count | None = None
    optimise: Optimise = _MODEL.optimise
    isolated: Flag = _MODEL.isolated
    target_latency_ms: Milliseconds | None = None
    max_batch: Count = _MODEL.max_batch
    deadline: DeadlineClass = _MODEL.deadline
    warm_up: Annotated[int, Field(strict=True, ge=0)] = _MODEL.warm_up
    stages: StagesSection = StagesSection()
    profile: PathText | None = None

    def value(self) -> ModelOptions:
        """As the rest of Vedette knows it."""
        same = {key: getattr(self, key) for key in type(self).model_fields if key not in ("versions", "stages")}
        assert isinstance(self.versions, VersionPolicy)
        return ModelOptions(**same, versions=self.versions, stages=self.stages.value())


class KeySection(Section):
    """One entry of `keys`."""

    name: KeyName
    hash: KeyHash
    rights: Annotated[Listed[Right], Field(min_length=1)] = (Right.INFER,)
    rate: Annotated[float, Field(strict=True, gt=0)] | None = None

    def value(self) -> Key:
        """As the rest of Vedette knows it."""
        return Key(self.name, self.hash, frozenset(self.rights), self.rate)


class TlsSection(Section):
    """PEM files."""

    certificate: PathText
    key: PathText
    clients: PathText | None = None

    def value(self) -> Tls:
        """As the rest of Vedette knows it."""
        return Tls(self.certificate, self.key, self.clients)


class LimitsSection(Section):
    """What one server takes on at most."""

    body_bytes: Bytes = _LIMITS.body_bytes
    decompressed_bytes: Bytes = _LIMITS.decompressed_bytes
    head_bytes: Bytes = _LIMITS.head_bytes
    json_depth: Count = _LIMITS.json_depth
    pixels: Count = _LIMITS.pixels
    images: Count = _LIMITS.images
    tensors: Count = _LIMITS.tensors
    queue_images: Count = _LIMITS.queue_images
    queue_bytes: Bytes = _LIMITS.queue_bytes
    connections: Count = _LIMITS.connections
    head_s: Seconds = _LIMITS.head_s
    body_bytes_per_s: Bytes = _LIMITS.body_bytes_per_s
    idle_s: Seconds = _LIMITS.idle_s
    drain_s: Seconds = _LIMITS.drain_s

    def value(self) -> Limits:
        """As the rest of Vedette knows it."""
        return Limits(**dict(self))


class FetchSection(Section):
    """Which addresses the server may fetch or call by itself."""

    hosts: Listed[HostText] = _FETCH.hosts
    schemes: Annotated[Listed[Literal["https", "http"]], Field(min_length=1)] = ("https", "http")
    private: Flag = _FETCH.private
    max_bytes: Bytes = _FETCH.max_bytes
    timeout_s: Seconds = _FETCH.timeout_s
    redirects: Annotated[int, Field(strict=True, ge=0, le=20)] = _FETCH.redirects

    def value(self) -> FetchPolicy:
        """As the rest of Vedette knows it."""
        return FetchPolicy(**dict(self))


class FilesSection(Section):
    """Folders below which requests may name files."""

    inputs: Listed[PathText] = ()
    outputs: Listed[PathText] = ()

    def value(self) -> FilePolicy:
        """As the rest of Vedette knows it."""
        return FilePolicy(self.inputs, self.outputs)


class PipelineSection(Section):
    """One entry of `pipelines`."""

    name: Name
    models: Listed[Name] = ()
    input: Address | None = None
    outputs: dict[Name, Address] = Field(default_factory=dict)

    def value(self) -> PipelineOptions:
        """As the rest of Vedette knows it."""
        return PipelineOptions(self.name, self.models, self.input, tuple(self.outputs.items()))


class LogSection(Section):
    """Lines of the log."""

    format: Literal["text", "json"] = "text"
    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], UpperCase] = "INFO"
    requests: Flag = _LOG.requests

    def value(self) -> LogOptions:
        """As the rest of Vedette knows it."""
        return LogOptions(self.format, self.level, self.requests)


class ServingFile(Section):
    """One `vedette.yaml`."""

    repository: PathText | None = None
    models: tuple[Annotated[ModelSection, ModelEntry], ...] = ()
    host: Annotated[str, Field(min_length=1, max_length=255)] = _SERVING.host
    port: Port = _SERVING.port
    grpc_port: GrpcPort = _SERVING.grpc_port
    insecure: Flag = _SERVING.insecure
    poll_s: MaybeSeconds = _SERVING.poll_s
    keys: tuple[KeySection, ...] = ()
    tls: TlsSection | None = None
    limits: LimitsSection = LimitsSection()
    fetch: FetchSection = FetchSection()
    files: FilesSection = FilesSection()
    pipelines: tuple[PipelineSection, ...] = ()
    log: LogSection = LogSection()
    otel_endpoint: Origin | None = None
    metrics_public: Flag = _SERVING.metrics_public

    def value(self) -> Serving:
        """As the rest of Vedette knows it."""
        plain = ("repository", "host", "port", "grpc_port", "insecure", "poll_s", "otel_endpoint", "metrics_public")
        same: dict[str, Any] = {key: getattr(self, key) for key in plain}
        return Serving(
            **same,
            models=tuple(model.value() for model in self.models),
            keys=tuple(key.value() for key in self.keys),
            tls=None if self.tls is None else self.tls.value(),
            limits=self.limits.value(),
            fetch=self.fetch.value(),
            files=self.files.value(),
            pipelines=tuple(pipeline.value() for pipeline in self.pipelines),
            log=self.log.value(),
        )
