"""LitServe with a worker a core, one thread each; the image comes as a file in a form.

LitServe takes JSON or a form, no raw body; forms need python-multipart, without which every request is a 500.

LitServe looks at the annotation of `request` to know that it gets the whole request: it has to be the class, not its
name, so this module does without postponed annotations.

    python -m benchmarks.peers.litserve_server JOB PORT WORKERS
"""

import sys
from typing import Any

import litserve
from fastapi import Request

from benchmarks.peers.engine import Classifier, classifier, read_job

FIELD = "file"


class Api(litserve.LitAPI):  # type: ignore[misc]  # LitServe is only where it runs
    """One worker: its own process, its own compiled model."""

    def __init__(self, job: str, workers: int) -> None:
        super().__init__()
        self._job, self._workers = job, workers
        self._classify: Classifier

    def setup(self, device: str) -> None:
        """Compile the model; several processes that bind threads would share the first core."""
        del device
        self._classify = classifier(read_job(self._job), 1, 1, pinned=self._workers == 1)

    def decode_request(self, request: Request) -> bytes:
        """The bytes of the file."""
        content: bytes = request[FIELD].file.read()
        return content

    def predict(self, image: bytes) -> list[dict[str, float]]:
        """The five best classes."""
        return self._classify([image])[0]

    def encode_response(self, output: list[dict[str, float]]) -> Any:
        """As it is: LitServe makes JSON of it, and checks nothing where nothing is annotated."""
        return output


def main() -> None:
    """Serve until ended."""
    job, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    server = litserve.LitServer(Api(job, workers), accelerator="cpu", workers_per_device=workers, timeout=60)
    server.run(host="127.0.0.1", port=port, generate_client_file=False, log_level="warning")


if __name__ == "__main__":
    main()
