"""Settings and shared memory of Triton's extensions over HTTP, driven by its own client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_rig import call, http_rig
from stations import colour_station
from tritonclient import http as triton
from tritonclient.utils import InferenceServerException

from vedette.adapters.http.oip_settings import OipSettingsEndpoints


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("settings")
    with http_rig(
        lambda service: OipSettingsEndpoints(service).endpoints(), lambda: {"colour": colour_station(folder)}
    ) as (found, _):
        yield found


@pytest.fixture
def client(url: str) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(url.removeprefix("http://")) as found:
        yield found


def test_there_is_no_shared_memory(client: triton.InferenceServerClient) -> None:
    """The status is an empty list, and to forget regions that are not there is no error."""
    assert client.get_system_shared_memory_status() == []
    assert client.get_cuda_shared_memory_status() == []
    client.unregister_system_shared_memory()
    client.unregister_cuda_shared_memory("r")
    with pytest.raises(InferenceServerException, match="no region of shared memory 'r'"):
        client.get_system_shared_memory_status("r")


def test_a_region_is_not_registered(client: triton.InferenceServerClient) -> None:
    """A clear error with what to do in its place."""
    with pytest.raises(InferenceServerException, match=r"shared memory is not offered.*send the data"):
        client.register_system_shared_memory("r", "/key", 64)
    with pytest.raises(InferenceServerException, match="shared memory is not offered"):
        client.register_cuda_shared_memory("r", b"handle", 0, 64)


@pytest.mark.parametrize("model", [None, "colour"])
def test_traces_are_off_and_stay_so(client: triton.InferenceServerClient, model: str | None) -> None:
    """Told as they are; what changes nothing is taken, another value is refused."""
    told = client.get_trace_settings(model)

    assert told["trace_level"] == ["OFF"]
    assert client.update_trace_settings(model, {"trace_level": ["OFF"], "trace_rate": None}) == told
    with pytest.raises(InferenceServerException, match="otel_endpoint"):
        client.update_trace_settings(model, {"trace_level": ["TIMESTAMPS"]})


def test_the_log_is_told_and_not_changed(client: triton.InferenceServerClient) -> None:
    """The operator's configuration sets it."""
    told = client.get_log_settings()

    assert client.update_log_settings(told) == told
    with pytest.raises(InferenceServerException, match=r"'log_file' cannot be changed here.*log\.level"):
        client.update_log_settings({"log_file": "/etc/passwd"})


def test_a_wrong_body_and_an_unknown_model_are_refused(url: str) -> None:
    """Settings are an object; traces are of models that are there."""
    assert call("POST", f"{url}/v2/logging", b"[]").status == 400
    assert call("POST", f"{url}/v2/logging", b"[" * 9999).status == 413
    assert call("GET", f"{url}/v2/models/none/trace/setting").status == 404
