"""What is posted to a webhook."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
from fakes import jpeg, plain

from vedette.adapters.sinks.webhook import Webhook
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.wire.result import to_object
from vedette.values.result import Failure

FAILED = Delivery(Failure("id", "bär.jpg", 0, "invalid", "no image", "send one"))


class Posted:
    """A poster that keeps what it is given."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, bytes, str]] = []

    def check(self, url: str) -> None:
        """All may be called."""

    def post(self, url: str, body: bytes, content_type: str) -> None:
        self.calls.append((url, body, content_type))


def test_the_result_as_json() -> None:
    """The object of the schema, once for each outcome."""
    posted = Posted()
    Webhook("http://host/hook", posted, picture=False).write(FAILED)

    ((url, body, content_type),) = posted.calls
    assert (url, content_type) == ("http://host/hook", "application/json")
    assert json.loads(body) == to_object(FAILED.outcome)


def test_the_picture() -> None:
    """JPEG as it is, PNG turned into JPEG, and JSON where there is no picture."""
    posted, picture = Posted(), jpeg((255, 0, 0))
    png = cv2.imencode(".png", plain((0, 0, 255)))[1].tobytes()
    for one in (picture, png, None):
        Webhook("http://host/hook", posted, picture=True).write(replace(FAILED, picture=one))

    assert [kind for _, _, kind in posted.calls] == ["image/jpeg", "image/jpeg", "application/json"]
    assert posted.calls[0][1] == picture
    assert posted.calls[1][1].startswith(b"\xff\xd8")
