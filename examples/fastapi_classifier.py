"""A classifier behind FastAPI, as a team writes it by hand: OpenCV decodes, ONNX Runtime runs, top-5 as JSON.

    curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' http://127.0.0.1:8002/classify
    {"classes": [{"label": "espresso", "class_id": 967, "score": 0.93}, ...]}

It takes any ONNX classifier with one NCHW input of float32, RGB, (x - 127) / 128; without `--model` the
efficientnet-lite0 that `vedette models pull efficientnet-lite0` left in the home folder. The endpoint blocks: FastAPI
runs it in its thread pool.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import onnxruntime
import uvicorn
from fastapi import Body, FastAPI, HTTPException

CROP, MEAN, SCALE, TOP = 0.875, 127.0, 128.0, 5


class Classifier:
    """A model with its class names; numbers where there are none."""

    def __init__(self, model: Path, labels: Path) -> None:
        self.session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0]
        self.height, self.width = self.input.shape[2:]
        self.labels = labels.read_text().splitlines() if labels.is_file() else []

    def top(self, image: bytes) -> list[dict[str, Any]]:
        """The likeliest classes of an encoded image.

        Raises:
            ValueError: it cannot be decoded.
        """
        (scores,) = self.session.run(None, {self.input.name: self.tensor(image)})[:1]
        logits = scores.reshape(-1)
        chances = np.exp(logits - logits.max())
        chances /= chances.sum()
        best = np.argsort(-chances, kind="stable")[:TOP].tolist()
        return [{"label": self.label(i), "class_id": i, "score": round(float(chances[i]), 6)} for i in best]

    def tensor(self, image: bytes) -> np.ndarray:
        """Decode, cut the middle, resize, normalise: float32, 1 x 3 x height x width."""
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR) if image else None
        if pixels is None:
            raise ValueError("the body is no image")
        height, width = pixels.shape[:2]
        scale = CROP * min(height / self.height, width / self.width)
        down, across = max(1, round(self.height * scale)), max(1, round(self.width * scale))
        top, left = (height - down) // 2, (width - across) // 2
        cut = pixels[top : top + down, left : left + across]
        small = cv2.resize(cut, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
        rows = (small[:, :, ::-1].astype(np.float32) - MEAN) / SCALE
        return np.ascontiguousarray(rows.transpose(2, 0, 1)[None])

    def label(self, class_id: int) -> str:
        """The name of a class."""
        return self.labels[class_id] if class_id < len(self.labels) else str(class_id)


def application(classifier: Classifier) -> FastAPI:
    """The service."""
    app = FastAPI(title="classifier")

    @app.get("/")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/classify")
    def classify(image: Annotated[bytes, Body(media_type="image/jpeg")]) -> dict[str, Any]:
        try:
            return {"classes": classifier.top(image)}
        except ValueError as error:
            raise HTTPException(400, str(error)) from None

    return app


def pulled_model() -> Path:
    """Where `vedette models pull` puts efficientnet-lite0."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = Path(os.environ.get("VEDETTE_HOME") or caches / "vedette")
    return home / "efficientnet-lite0" / "1" / "model.onnx"


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, default=pulled_model(), metavar="FILE", help="an ONNX classifier")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="a class name a line; default: labels.txt near it")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8002, help="0: any free one, see the log of uvicorn")
    chosen = parser.parse_args()
    if not chosen.model.is_file():
        sys.exit(f"there is no model {chosen.model}\nhelp: vedette models pull efficientnet-lite0, or --model FILE")
    labels = chosen.labels or chosen.model.parent.parent / "labels.txt"
    uvicorn.run(application(Classifier(chosen.model, labels)), host=chosen.host, port=chosen.port, access_log=False)


if __name__ == "__main__":
    main()
