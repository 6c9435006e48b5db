"""A server with all that a browser uses: the page, the documentation, images, models, pipelines; for tests of pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fakes import BlobRuntime, blob_manifest
from http_rig import CLOCK, OpenGuard, http_rig
from stations import colour_station

from vedette.adapters.http.app import Guard
from vedette.adapters.http.docs import DocsEndpoints
from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.images import ImageEndpoints
from vedette.adapters.http.interface import InterfaceEndpoints
from vedette.adapters.http.oip import OipEndpoints
from vedette.adapters.http.page import PageEndpoints
from vedette.adapters.http.uploads import Uploads
from vedette.adapters.sinks.addressed import AddressedOutputs
from vedette.adapters.sources.addressed import AddressedSources
from vedette.adapters.sources.allowed import AllowedFiles
from vedette.adapters.web.fetch import Fetcher
from vedette.errors import ForbiddenError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.service import Service
from vedette.flows.inference.station import Loaded, Station
from vedette.flows.interface.images import ServiceImages
from vedette.flows.interface.pipeline import Surroundings
from vedette.flows.interface.pipelines import Pipelines
from vedette.values.served import IndexEntry, ModelState
from vedette.values.serving import FetchPolicy, Limits, PipelineOptions

LIMITS = Limits()
NAMES = ("colour", "blobs")


class Shelf:
    """A repository with the two models, and a third that cannot be loaded."""

    def index(self) -> tuple[IndexEntry, ...]:
        ready = [IndexEntry(name, "1", ModelState.READY) for name in NAMES]
        return (*ready, IndexEntry("broken", "1", ModelState.UNAVAILABLE, "a damaged <b>file</b>"))

    def names(self) -> tuple[str, ...]:
        return NAMES

    def versions(self, name: str) -> tuple[str, ...]:
        return ("1",) if name in NAMES else ()

    def ready(self) -> bool:
        return True

    async def load(self, name: str) -> None:
        raise AssertionError(name)

    async def unload(self, name: str) -> None:
        raise AssertionError(name)


def blob_station() -> ImageStation:
    """A detector of patches of pure colour."""
    runtime = BlobRuntime()
    return Station(Loaded(Instance(blob_manifest(), runtime), lambda: runtime), CLOCK)


def table(service: Service, guard: Guard, folder: Path, *, keys: bool) -> Sequence[Endpoint]:
    """All endpoints that a browser uses."""
    fetcher = Fetcher(FetchPolicy(), CLOCK)
    uploads = Uploads(_no_fetch, LIMITS)
    around = Surroundings(
        AddressedSources(AllowedFiles([str(folder)]), fetcher, LIMITS.pixels),
        AddressedOutputs([], fetcher),
        ServiceImages(service, lambda: ("colour",)),
        CLOCK,
    )
    pipelines = Pipelines((PipelineOptions("line-3", ("blobs",), "synthetic://64x64"),), around)
    rows: list[Endpoint] = []
    docs = DocsEndpoints(guard, lambda: rows, "1.2.3", keys=keys)
    rows += [
        *PageEndpoints(guard).endpoints(),
        *docs.endpoints(),
        *ImageEndpoints(service, uploads, CLOCK).endpoints(),
        *OipEndpoints(service, Shelf(), CLOCK, "1.2.3").endpoints(),
        *InterfaceEndpoints(pipelines, uploads, LIMITS, CLOCK).endpoints(),
    ]
    return rows


@contextmanager
def website(folder: Path, guard: Guard | None = None) -> Iterator[str]:
    """Its address; with a guard callers need a key."""

    def make(service: Service) -> Sequence[Endpoint]:
        return table(service, guard or OpenGuard(), folder, keys=guard is not None)

    with http_rig(make, lambda: {"colour": colour_station(folder), "blobs": blob_station()}, LIMITS, guard) as (url, _):
        yield url


async def _no_fetch(url: str, until_ns: int | None) -> tuple[str, bytes]:
    raise ForbiddenError(f"{url} is not allowed", help="fetch.hosts")
