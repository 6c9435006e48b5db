"""A webhook: each outcome is posted to an address that the operator allows."""

from __future__ import annotations

from typing import Protocol

import orjson

from vedette.flows.inference.postprocess import Delivery
from vedette.rules.interface.pictures import as_jpeg
from vedette.rules.wire.result import to_object


class Poster(Protocol):
    """Posts where the operator allows it."""

    def check(self, url: str) -> None:
        """Raise a ForbiddenError or InvalidError if an address may not be called, as far as its text tells."""

    def post(self, url: str, body: bytes, content_type: str) -> object:
        """Call an address; blocks until it has answered with success.

        Raises:
            ForbiddenError: it may not be called.
            VedetteError: it did not take it.
        """


class Webhook:
    """Posts the result as JSON (schema `vedette.result/1`), or the annotated picture as JPEG."""

    def __init__(self, url: str, poster: Poster, *, picture: bool) -> None:
        self._url, self._poster, self._picture = url, poster, picture

    def write(self, delivery: Delivery) -> None:
        """See `Destination.write`; an outcome without a picture is posted as JSON."""
        if self._picture and delivery.picture is not None:
            self._poster.post(self._url, as_jpeg(delivery.picture), "image/jpeg")
        else:
            self._poster.post(self._url, orjson.dumps(to_object(delivery.outcome)), "application/json")
