"""A request that has ended, as metrics, logs and traces see it, whatever its protocol."""

from __future__ import annotations

from typing import Protocol

from vedette.errors import Kind
from vedette.flows.inference.trail import Run


class Ended(Protocol):
    """One request; instants in nanoseconds of the clock."""

    @property
    def protocol(self) -> str:
        """`http` or `grpc`."""

    @property
    def method(self) -> str:
        """Of HTTP; empty for gRPC."""

    @property
    def route(self) -> str:
        """The row of the table that it was for; empty if there is none."""

    @property
    def path(self) -> str:
        """What was asked for, without its query."""

    @property
    def status(self) -> int | str:
        """Of the answer: a number of HTTP or a name of gRPC."""

    @property
    def failed(self) -> bool:
        """Whether the server could not do what was asked."""

    @property
    def kind(self) -> Kind | None:
        """Of the error that was answered."""

    @property
    def model(self) -> str:
        """Its name, as far as it is known."""

    @property
    def request_id(self) -> str:
        """The client's own, or one that was made."""

    @property
    def key(self) -> str:
        """Name of the key; empty without keys."""

    @property
    def peer(self) -> str:
        """Address of the client."""

    @property
    def received_ns(self) -> int:
        """Its head was there."""

    @property
    def made_ns(self) -> int:
        """The answer was made and began to be sent; 0: not known."""

    @property
    def ended_ns(self) -> int:
        """It was over."""

    @property
    def traceparent(self) -> str:
        """Header of W3C Trace Context."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """The times of each answer of a model, if requests are traced."""
