"""Any HTTP address that takes an image: raw, as a file in a form, or in a JSON template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from vedette.adapters.targets.connection import Connection, check_bodies, total_bytes
from vedette.errors import InvalidError, NotFoundError
from vedette.flows.bench.target import Reply
from vedette.rules.wire.image_body import Body, Template, multipart, parse_template, raw
from vedette.values.trial import Introduction, Scope, TargetSpec, Wire

_BASE64 = 4 / 3
_UNTOLD = "a plain HTTP service does not tell what entered its model"


class ImageTarget:
    """A service behind one address.

    Args:
        spec: address, wire and method.
        headers: sent with every request, login included; never recorded.
        connections: open at once at most; 0: no limit.
    """

    def __init__(self, spec: TargetSpec, headers: Mapping[str, str] | None = None, connections: int = 0) -> None:
        self._spec = spec
        self._connection = Connection(spec.address, spec.method, headers, connections)
        self._requests: tuple[bytes, ...] = ()

    async def open(self, images: Sequence[bytes]) -> Introduction:
        """See `Target.open`; any answer to a GET of the address, whatever its status, tells that a server is there.

        Raises:
            UnavailableError: nothing answers.
            TooLargeError: the bodies would not fit into memory.
        """
        check_bodies(round(total_bytes(images) * (_BASE64 if self._spec.wire is Wire.TEMPLATE else 1)), len(images))
        make = self._maker()
        try:
            heard = await self._connection.ask(self._spec.address)
        except BaseException:
            await self._connection.close()
            raise
        self._requests = tuple(self._connection.prepare(make(image)) for image in images)
        server = heard.headers.get("server")
        return Introduction(
            Scope.IMAGE,
            server=server,
            model=self._spec.model,
            reason=_UNTOLD if server else f"the server sends no `Server` header; {_UNTOLD}",
        )

    async def send(self, image: int) -> Reply:
        """See `Target.send`."""
        return await self._connection.exchange(self._requests[image])

    async def close(self) -> None:
        """See `Target.close`."""
        await self._connection.close()

    def _maker(self) -> Callable[[bytes], Body]:
        match self._spec.wire:
            case Wire.MULTIPART:
                return partial(multipart, field=self._spec.field)
            case Wire.TEMPLATE:
                return _template(Path(self._spec.template or "")).fill
            case _:
                return raw


def _template(file: Path) -> Template:
    try:
        return parse_template(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InvalidError(f"the template {file} is no UTF-8 text", help="write it as UTF-8") from None
    except OSError as error:
        raise NotFoundError(
            f"the template {file} cannot be read: {error.strerror}", help='write a file such as {"image": "{{image}}"}'
        ) from None
