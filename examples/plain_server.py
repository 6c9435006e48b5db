"""An HTTP service of Python's standard library alone: POST an image, get its shape as a class.

    curl --data-binary @photo.jpg http://127.0.0.1:8003/
    {"label": "landscape", "class_id": 2, "score": 1.0, "width": 500, "height": 375}

It reads the size out of the header of a JPEG or PNG; it does not decode pixels.
"""

from __future__ import annotations

import argparse
import json
import struct
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LABELS = ("portrait", "square", "landscape")
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
LARGEST = 64 << 20


def image_size(image: bytes) -> tuple[int, int]:
    """Width and height of a JPEG or PNG.

    Raises:
        ValueError: it is neither, or it is broken off.
    """
    try:
        if image.startswith(PNG):
            width, height = struct.unpack_from(">II", image, 16)
            return width, height
        if image.startswith(JPEG):
            return jpeg_size(image)
    except (struct.error, IndexError):
        raise ValueError("the image is broken off") from None
    raise ValueError("neither a JPEG nor a PNG")


def jpeg_size(image: bytes) -> tuple[int, int]:
    """Width and height out of the frame header, behind however many other segments."""
    at = 2
    while image[at + 1] not in FRAMES:
        at += 2 + struct.unpack_from(">H", image, at + 2)[0]
    height, width = struct.unpack_from(">HH", image, at + 5)
    return width, height


def classify(image: bytes) -> dict[str, Any]:
    """The class of an image by its sides."""
    width, height = image_size(image)
    class_id = 1 + (width > height) - (width < height)
    return {"label": LABELS[class_id], "class_id": class_id, "score": 1.0, "width": width, "height": height}


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open between requests; its thread handles one request after the other."""

    protocol_version = "HTTP/1.1"
    # Header and body leave in one packet: two small ones would wait for each other (Nagle, delayed acknowledgement).
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        """Tell that the service is there."""
        self.answer(200, {"labels": LABELS})

    def do_POST(self) -> None:
        """Classify the body."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST:
            self.close_connection = True
            self.answer(411 if not length else 413, {"error": f"Content-Length must be 0 to {LARGEST}, not {length!r}"})
            return
        try:
            self.answer(200, classify(self.rfile.read(int(length))))
        except ValueError as error:
            self.answer(400, {"error": str(error)})

    def answer(self, code: int, content: dict[str, Any]) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a line a request would be most of the work."""


class Server(ThreadingHTTPServer):
    """A thread a connection; they end with the process."""

    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8003, help="0: any free one")
    chosen = parser.parse_args()
    with Server((chosen.host, chosen.port), Handler) as server:
        print(f"http://{chosen.host}:{server.server_address[1]}/", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
