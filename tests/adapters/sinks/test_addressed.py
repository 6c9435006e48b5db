"""What the address of an output means."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.sinks.addressed import AddressedOutputs
from vedette.errors import ForbiddenError, UnsupportedError, VedetteError
from vedette.flows.inference.postprocess import Delivery
from vedette.values.result import Failure

FAILED = Delivery(Failure("id", "bär.jpg", 0, "invalid", "no image", "send one"))


class OneHost:
    """A poster that may call one host."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def check(self, url: str) -> None:
        if "//allowed/" not in url:
            raise ForbiddenError("not allowed", help="fetch: hosts")

    def post(self, url: str, body: bytes, content_type: str) -> None:
        self.called.append(url)


@pytest.fixture
def outputs(tmp_path: Path) -> AddressedOutputs:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    return AddressedOutputs([str(tmp_path / "out")], OneHost())


def test_each_kind(outputs: AddressedOutputs, tmp_path: Path) -> None:
    """Opening writes nothing and calls nobody; writing does, and the fragment is not sent."""
    addresses = (f"{tmp_path}/out/a.jsonl", f"file://{tmp_path}/out/a.csv", "http://allowed/hook#format=jpeg")
    opened = [outputs.open(address) for address in addresses]
    before = list((tmp_path / "out").iterdir())
    for one in opened:
        one.write(FAILED)

    assert before == []
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.csv", "a.jsonl"]
    assert outputs.poster.called == ["http://allowed/hook"]


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("/etc/a.csv", ForbiddenError),
        ("{top}/elsewhere/a.csv", ForbiddenError),
        ("{top}/out-more/a.csv", ForbiddenError),
        ("http://other/hook", ForbiddenError),
        ("mqtt://allowed/topic", UnsupportedError),
    ],
)
def test_refused(outputs: AddressedOutputs, tmp_path: Path, address: str, error: type[VedetteError]) -> None:
    """What may not be written to is known when it is set."""
    with pytest.raises(error):
        outputs.open(address.format(top=tmp_path))


def test_a_link_that_is_set_later(outputs: AddressedOutputs, tmp_path: Path) -> None:
    """The place is judged at each write: a folder that became a link to elsewhere gets nothing."""
    opened = outputs.open(f"{tmp_path}/out/sub/a.jsonl")
    (tmp_path / "out/sub").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ForbiddenError, match=r"files\.outputs"):
        opened.write(FAILED)
    assert list((tmp_path / "elsewhere").iterdir()) == []
