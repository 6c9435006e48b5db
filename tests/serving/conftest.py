"""One server for the tests that only send it something; those that end or starve one start their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from served import MODELS, Server, repository, running

_CONFIG = (
    MODELS
    + """
limits: {head_s: 1s, body_bytes: 4MiB, decompressed_bytes: 8MiB, pixels: 8_000_000}
files: {}
"""
)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without keys on loopback; bodies of 4 MiB, images of 8 megapixels, a second for a head."""
    folder = tmp_path_factory.mktemp("whole")
    with running(folder, repository(folder), _CONFIG) as server:
        yield server


@pytest.fixture
def server(whole: Server) -> Iterator[Server]:
    """The same, which lives on after each test and has told of no error of its own."""
    told = len(whole.said)
    yield whole
    assert whole.call("GET", "/v2/health/live").status == 200
    since = "\n".join(whole.said[told:])
    assert "Traceback" not in since, since
