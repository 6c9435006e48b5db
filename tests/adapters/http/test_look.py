"""What the query of an image request says."""

from __future__ import annotations

import pytest
from fakes import blob_manifest, colour_manifest
from starlette.datastructures import QueryParams
from starlette.requests import Request

from vedette.adapters.http.look import deadline_of, look_of
from vedette.adapters.http.negotiate import Form
from vedette.errors import InvalidError
from vedette.flows.inference.image_order import Look
from vedette.values.deadline import DeadlineClass
from vedette.values.manifest import Manifest

DETECTOR, CLASSIFIER = blob_manifest(), colour_manifest()


def look(query: str, *manifests: Manifest) -> Look:
    return look_of(QueryParams(query), manifests, Form.JSON, 1000)


def test_top_k_is_for_classifiers() -> None:
    """One classifier among the models is enough; for detectors alone it would change nothing, and is refused."""
    assert look("top_k=2", CLASSIFIER).asked.top_k == 2
    assert look("top_k=2", DETECTOR, CLASSIFIER).asked.top_k == 2
    with pytest.raises(InvalidError, match="top_k is for classifiers"):
        look("top_k=2", DETECTOR)


@pytest.mark.parametrize("query", ["threshold=", "top_k=", "classes=", "classes= ,", "tile=", "roi="])
def test_an_empty_value_is_no_value(query: str) -> None:
    """It is refused like any other that says nothing."""
    with pytest.raises(InvalidError, match="cannot be used"):
        look(query, DETECTOR, CLASSIFIER)


@pytest.mark.parametrize(
    ("query", "headers"),
    [("timeout_ms=", {}), ("deadline=", {}), ("", {"x-timeout-ms": ""}), ("timeout_ms=", {"x-timeout-ms": "5"})],
)
def test_an_empty_deadline_is_none(query: str, headers: dict[str, str]) -> None:
    """A query parameter that is there goes before the header, even if it is empty."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "query_string": query.encode(), "headers": raw})

    with pytest.raises(InvalidError, match="cannot be used"):
        deadline_of(request, 0, DeadlineClass.SOFT)
