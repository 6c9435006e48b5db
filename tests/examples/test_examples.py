"""The example services, started for real on free ports."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import cv2
import numpy as np
import pytest
import tiny_models

from vedette.rules.vision.encode import encode_jpeg

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@contextmanager
def started(script: str, *arguments: str) -> Iterator[http.client.HTTPConnection]:
    """A connection to an example on a free port; its address is on the first line that has one."""
    command = [sys.executable, str(EXAMPLES / script), "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        connection = http.client.HTTPConnection("127.0.0.1", port_in(process.stdout), timeout=20)
        try:
            yield connection
        finally:
            connection.close()
            process.terminate()
            process.stdout.read()


def port_in(lines: IO[str]) -> int:
    seen = []
    for line in lines:
        if address := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(address[1])
        seen.append(line)
    raise AssertionError("".join(seen))


def posted(connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict]:
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def jpeg(height: int, width: int, colour: Sequence[int] = (0, 0, 0)) -> bytes:
    return encode_jpeg(np.full((height, width, 3), colour, np.uint8))


def test_plain_server(photos: Path) -> None:
    """It tells the shape of JPEGs and PNGs on one connection, and a body that is no image costs nothing but a 400."""
    sizes = {"portrait": (30, 20), "square": (20, 20), "landscape": (20, 30)}
    _, png = cv2.imencode(".png", np.zeros((30, 20, 3), np.uint8))

    with started("plain_server.py") as connection:
        shapes = {name: posted(connection, "/", jpeg(*size), {}) for name, size in sizes.items()}
        socket = connection.sock
        in_png = posted(connection, "/", png.tobytes(), {})
        broken = [posted(connection, "/", body, {})[0] for body in (b"", b"no image", jpeg(20, 30)[:15], b"\xff\xd8")]
        photo = posted(connection, "/", (photos / "chelsea.jpg").read_bytes(), {})
        assert connection.sock is socket, "the connection is kept"

    assert {name: answer["label"] for name, (_, answer) in shapes.items()} == {name: name for name in sizes}
    assert (in_png[1]["width"], in_png[1]["height"], in_png[1]["label"]) == (20, 30, "portrait")
    assert broken == [400, 400, 400, 400]
    assert photo[1]["width"] == cv2.imread(str(photos / "chelsea.jpg")).shape[1]


@pytest.mark.parametrize("length", ["1e3", "-5", "99999999999"])
def test_plain_server_and_a_wrong_length(length: str) -> None:
    """A length that is none, or too large, is refused and the connection closed."""
    with started("plain_server.py") as connection:
        status, answer = posted(connection, "/", b"", {"Content-Length": length})

    assert status == 413
    assert repr(length) in answer["error"]


def test_fastapi_classifier(tmp_path: Path) -> None:
    """It answers the classes of a real model best first, whatever the type of the body, and 400 for no image."""
    model = tiny_models.save(tiny_models.classifier((1, 3, 32, 48)), tmp_path / "tiny.onnx")
    (tmp_path / "labels.txt").write_text("a\nb\nc\n")
    colour = np.array([200, 100, 50])
    logits = tiny_models.weights(4, 3) @ ((colour - 127.0) / 128.0)
    order = np.argsort(-logits).tolist()

    arguments = ("--model", str(model), "--labels", str(tmp_path / "labels.txt"))
    with started("fastapi_classifier.py", *arguments) as connection:
        kinds = [{"Content-Type": "image/jpeg"}, {"Content-Type": "application/octet-stream"}]
        answers = [posted(connection, "/classify", jpeg(64, 64, colour), kind) for kind in kinds]
        broken = posted(connection, "/classify", b"no image", kinds[0])

    assert [status for status, _ in answers] == [200, 200]
    assert [one["class_id"] for one in answers[0][1]["classes"]] == order
    assert [one["label"] for one in answers[0][1]["classes"]] == [[*"abc", "3"][number] for number in order]
    assert answers[0][1] == answers[1][1]
    assert sum(one["score"] for one in answers[0][1]["classes"]) == pytest.approx(1.0, abs=1e-4)
    assert broken == (400, {"detail": "the body is no image"})


def test_fastapi_classifier_with_the_pulled_model(pulled: Path, photos: Path) -> None:
    """Without a file it takes the efficientnet-lite0 of the home folder: the coffee is an espresso."""
    with started("fastapi_classifier.py") as connection:
        status, answer = posted(
            connection, "/classify", (photos / "coffee.jpg").read_bytes(), {"Content-Type": "image/jpeg"}
        )

    assert status == 200
    assert answer["classes"][0]["label"] == "espresso"
    assert len(answer["classes"]) == 5


def test_fastapi_classifier_without_a_model(tmp_path: Path) -> None:
    """A model that is not there is told with the next step."""
    ended = subprocess.run(
        [sys.executable, str(EXAMPLES / "fastapi_classifier.py"), "--model", str(tmp_path / "none.onnx")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert "help: vedette models pull efficientnet-lite0" in ended.stderr
