"""Servers of the Open Inference Protocol, version 2, over HTTP: Triton, OpenVINO Model Server, MLServer, KServe.

    GET /v2, /v2/models/M, /v2/models/M/ready -> which tensor -> every image made into it -> POST /v2/models/M/infer

Decoding and resizing happen before the run: only where a model takes BYTES does the server see the image itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

from vedette.adapters.targets.connection import Connection, check_bodies, total_bytes
from vedette.clock import SystemClock
from vedette.errors import InvalidError, NotFoundError, UnavailableError, UnsupportedError
from vedette.flows.bench.target import Reply
from vedette.flows.inference.preprocess import Intake, Preprocess
from vedette.rules.bench.oip_input import OipInput, plan_input, tensor_of
from vedette.rules.wire import oip
from vedette.rules.wire.image_body import Body
from vedette.values.frame import Frame
from vedette.values.manifest import InputSpec
from vedette.values.trial import Introduction, Scope, TargetSpec, Wire

_JSON_BYTES = 12
"""Bytes of a number in JSON, about."""


class OipTarget:
    """A model behind the protocol.

    Args:
        spec: address of the server (`/v2` may be left out), model, and whether tensors are sent as JSON or binary.
        recipe: how the catalogue makes the model's input, if it has the model.
        headers: sent with every request, login included; never recorded.
        connections: open at once at most; 0: no limit.
    """

    def __init__(
        self,
        spec: TargetSpec,
        recipe: InputSpec | None = None,
        headers: Mapping[str, str] | None = None,
        connections: int = 0,
    ) -> None:
        self._spec, self._recipe = spec, recipe
        self._root = spec.address.partition("?")[0].rstrip("/").removesuffix("/v2") + "/v2"
        self._model = f"{self._root}/models/{quote(spec.model or '', safe='')}"
        self._connection = Connection(f"{self._model}/infer", "POST", headers, connections)
        self._requests: tuple[bytes, ...] = ()

    async def open(self, images: Sequence[bytes]) -> Introduction:
        """See `Target.open`; asks for what the server and the model are, and sends no inference.

        Raises:
            UnavailableError: nothing answers, or the model is not ready.
            NotFoundError: the server has no such model.
            UnsupportedError: the model takes what no image can be made into.
            InvalidError: an image cannot be decoded.
            TooLargeError: the bodies would not fit into memory.
        """
        try:
            server, told = await self._server(), await self._told()
            sent = plan_input(told, self._recipe)
            self._check(sent, images)
            self._requests = await asyncio.to_thread(self._made, sent, images)
        except BaseException:
            await self._connection.close()
            raise
        scope = Scope.IMAGE if sent.spec is None else Scope.TENSOR
        return Introduction(
            scope,
            server=server,
            model=str(told),
            tensors=(sent.tensor,),
            reason="" if server else "GET /v2 does not tell name and version",
            recipe=sent.recipe,
        )

    async def send(self, image: int) -> Reply:
        """See `Target.send`."""
        return await self._connection.exchange(self._requests[image])

    async def close(self) -> None:
        """See `Target.close`."""
        await self._connection.close()

    async def _server(self) -> str | None:
        heard = await self._connection.ask(self._root)
        try:
            told = json.loads(heard.body)
            name = " ".join(str(told[key]) for key in ("name", "version") if told.get(key))
        except (ValueError, AttributeError, RecursionError):
            return heard.headers.get("server")
        return name or heard.headers.get("server")

    async def _told(self) -> oip.ModelTold:
        heard = await self._connection.ask(self._model)
        if heard.code != HTTPStatus.OK:
            raise NotFoundError(
                f"GET {self._model} was answered by {heard.code}: {heard.body[:160].decode('utf-8', 'replace')}",
                help="check the name behind # and that the server speaks the Open Inference Protocol, version 2",
            )
        told = oip.read_model(heard.body)
        ready = await self._connection.ask(f"{self._model}/ready")
        if ready.code != HTTPStatus.OK:
            raise UnavailableError(
                f"model {told.name} is not ready: GET {self._model}/ready was answered by {ready.code}",
                help="wait until the server has loaded it, or see the server's log",
            )
        return told

    def _check(self, sent: OipInput, images: Sequence[bytes]) -> None:
        as_json = self._spec.wire is Wire.JSON
        if as_json and sent.tensor.datatype in {"BYTES", "FP16"}:
            raise UnsupportedError(
                f"{sent.tensor.datatype} cannot be sent as JSON: the protocol has no form for it",
                help="leave out --wire json",
            )
        each = sent.size_bytes // 4 * _JSON_BYTES if as_json else sent.size_bytes
        check_bodies(each * len(images) if sent.spec is not None else total_bytes(images), len(images))

    def _made(self, sent: OipInput, images: Sequence[bytes]) -> tuple[bytes, ...]:
        return tuple(self._request(sent, number, image) for number, image in enumerate(images))

    def _request(self, sent: OipInput, number: int, image: bytes) -> bytes:
        if sent.spec is None:
            return self._binary(sent, oip.bytes_element(image))
        make = Preprocess([Intake(sent.spec)], keep_pixels=False, clock=SystemClock())
        try:
            array = tensor_of(make(Frame(f"image {number}", image)).row(0, 0), sent)
        except InvalidError as error:
            raise InvalidError(f"image {number}: {error.message}", help=error.help) from None
        if self._spec.wire is Wire.JSON:
            return self._connection.prepare(Body(oip.json_request(sent.tensor, array), "application/json"))
        return self._binary(sent, array.tobytes())

    def _binary(self, sent: OipInput, raw: bytes) -> bytes:
        data, head_bytes = oip.binary_request(sent.tensor, raw)
        return self._connection.prepare(Body(data, "application/octet-stream"), {oip.HEADER: str(head_bytes)})
