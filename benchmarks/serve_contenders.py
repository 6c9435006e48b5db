"""Who takes part: Vedette and each peer, how it is started, what it is sent, and how its answer is read.

Two groups are compared: those with the runtime and precision that Vedette chose, and those as they come (ONNX Runtime
or TorchScript in fp32). `differs` says what else is not the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.serve_envs import Environment, environments
from benchmarks.serve_load import cores
from benchmarks.serve_peers import FOUND, PROGRAMS, torchserve, triton
from benchmarks.serve_process import Launch, Request, free_port
from vedette.rules.wire.image_body import Body, multipart, raw
from vedette.values.execution import Execution, Precision, RuntimeName

MODEL = "efficientnet-lite0"
VEDETTE = "vedette"

Best = tuple[int, float]
"""The best class and its score."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contender starts: its port, a folder of its own, and the job of its engine."""

    port: int
    folder: Path
    job: Path


@dataclass(frozen=True, slots=True)
class Contender:
    """One server.

    Attributes:
        name: in tables.
        runtime, precision: of its engine.
        launch: how it is started.
        path: of its requests.
        read: its best class and score out of an answer.
        environment: None: ours.
        framework: it is a serving framework, not a program written for one model.
        differs: what is not as in Vedette besides the server.
        body: of a request.
        headers: of each request, beside Content-Type.
        load_options: what `vedette bench run` needs to send the same.
        pausable: whether it can be stopped between its turns. Triton cannot: server and stubs watch each other by timed
            locks in shared memory, and end when one of them does not come back in time.
        exact: whether each top-1 and score must be the reference's; else the preprocessing is its own.
    """

    name: str
    runtime: str
    precision: str
    launch: Callable[[Place], Launch]
    path: str
    read: Callable[[bytes], Best]
    environment: Environment | None = None
    framework: bool = True
    differs: str = ""
    body: Callable[[bytes], Body] = raw
    headers: dict[str, str] = field(default_factory=dict)
    load_options: tuple[str, ...] = ()
    pausable: bool = True
    exact: bool = True

    def request(self, image: bytes) -> Request:
        """The request for an image."""
        body = self.body(image)
        return Request("POST", self.path, {"Content-Type": body.content_type, **self.headers}, body.data)

    def same_as(self, execution: Execution) -> bool:
        """Whether engine and precision are those of `execution`."""
        return (self.runtime, self.precision) == (execution.runtime.value, execution.precision.value)


def vedette(name: str = VEDETTE, *options: str, execution: Execution) -> Contender:
    """`vedette serve`, as a user starts it."""

    def launch(place: Place) -> Launch:
        ports = ("--port", str(place.port), "--grpc-port", str(free_port()))
        return Launch((sys.executable, "-m", "vedette", "serve", *(options or ("--model", MODEL)), *ports))

    return Contender(name, execution.runtime.value, execution.precision.value, launch, f"/infer/{MODEL}", _vedette_best)


def contenders(execution: Execution) -> list[Contender]:
    """Vedette, and every peer with the engine that Vedette chose and with ONNX Runtime in fp32."""
    engines = dict.fromkeys(
        ((execution.runtime.value, execution.precision.value), (RuntimeName.ONNXRUNTIME.value, Precision.FP32.value))
    )
    peers = [peer for engine in engines for peer in _hand_written(*engine)]
    return [vedette(execution=execution), *peers, _torchserve()]


def job_file(folder: Path, contender: Contender) -> Path:
    """Where the job of this contender's engine lies."""
    return folder / f"job-{contender.runtime}-{contender.precision}.json"


def _hand_written(runtime: str, precision: str) -> list[Contender]:
    made = environments()
    one, two = _fastapi(made["fastapi"], 1), _fastapi(made["fastapi"], 2)
    label = f"{runtime} {precision}"
    shared: dict[str, Any] = {"runtime": runtime, "precision": precision}
    return [
        Contender(f"fastapi-1p ({label})", **shared, **one),
        Contender(f"fastapi-2p ({label})", **shared, **two),
        Contender(
            f"litserve ({label})",
            **shared,
            launch=_litserve(made["litserve"]),
            path="/predict",
            read=_peer_best,
            environment=made["litserve"],
            differs=f"{cores()} worker processes; the image is a file in a form: it takes no raw body",
            body=lambda image: multipart(image, "file"),
            load_options=("--wire", "multipart", "--field", "file"),
        ),
        Contender(
            f"tritonserver ({label})",
            **shared,
            launch=lambda place: triton(made["triton"], place.port, place.folder, place.job, cores()),
            path="/v2/models/classifier/infer",
            read=_triton_best,
            environment=made["triton"],
            differs=f"python backend, {cores()} instances, dynamic batches of 8; NumPy 1, OpenCV 4.11",
            pausable=False,
            headers={"Inference-Header-Content-Length": "0"},
            load_options=("--header", "Inference-Header-Content-Length:0"),
        ),
    ]


def _fastapi(environment: Environment, processes: int) -> dict[str, Any]:
    streams = max(1, cores() // processes)

    def launch(place: Place) -> Launch:
        command = (
            str(environment.interpreter),
            "-m",
            "uvicorn",
            f"{PROGRAMS}.fastapi_server:app",
            "--port",
            str(place.port),
        )
        quiet = ("--workers", str(processes), "--no-access-log", "--log-level", "warning")
        told = {"JOB": str(place.job), "STREAMS": str(streams), "PROCESSES": str(processes)}
        return Launch((*command, *quiet), FOUND | {f"VEDETTE_BENCH_{name}": value for name, value in told.items()})

    return {
        "launch": launch,
        "path": "/predict",
        "read": _peer_best,
        "environment": environment,
        "framework": False,
        "differs": f"{processes} x {streams} threads, each inference on one",
    }


def _litserve(environment: Environment) -> Callable[[Place], Launch]:
    program = ("-m", f"{PROGRAMS}.litserve_server")
    return lambda place: Launch(
        (str(environment.interpreter), *program, str(place.job), str(place.port), str(cores())), FOUND, place.folder
    )


def _torchserve() -> Contender:
    environment = environments()["torchserve"]
    return Contender(
        "torchserve (TorchScript fp32)",
        "torchscript",
        "fp32",
        launch=lambda place: torchserve(environment, place.port, place.folder, cores()),
        path="/predictions/classifier",
        read=_torchserve_best,
        environment=environment,
        differs=f"stock image_classifier: Pillow, bilinear resize of its own; {cores()} workers",
        exact=False,
    )


def _vedette_best(answer: bytes) -> Best:
    told = json.loads(answer)
    if "results" in told:
        told = told["results"][0]
    return _best(told["classes"])


def _peer_best(answer: bytes) -> Best:
    return _best(json.loads(answer))


def _triton_best(answer: bytes) -> Best:
    """A binary answer: JSON, then the output as a 4-byte length and its text, which is all JSON here as well."""
    return _best(json.loads(answer[answer.index(b'[{"class_id"') :]))


def _torchserve_best(answer: bytes) -> Best:
    """`{class: probability}`, best first; without names the class is its index as text."""
    told = json.loads(answer)
    name = max(told, key=lambda one: float(told[one]))
    return int(name), float(told[name])


def _best(classes: Sequence[dict[str, Any]]) -> Best:
    return int(classes[0]["class_id"]), float(classes[0]["score"])
