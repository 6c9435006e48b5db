"""What the files of a model repository are called. It imports nothing heavy: a server scans with it while it starts.

<repository>/<model>/model.yaml                    Vedette's own description
<repository>/<model>/config.pbtxt                  Triton's
<repository>/<model>/<version>/model.onnx          or another of `STANDARD_FILES`
"""

from __future__ import annotations

from vedette.values.manifest import ModelFormat

MANIFEST_FILE = "model.yaml"
TRITON_FILE = "config.pbtxt"
SUFFIXES = {
    ".onnx": ModelFormat.ONNX,
    ".xml": ModelFormat.OPENVINO,
    ".tflite": ModelFormat.TFLITE,
    ".pt": ModelFormat.TORCHSCRIPT,
    "": ModelFormat.SAVED_MODEL,
}
STANDARD_FILES = ("model.onnx", "model.xml", "saved_model", "model.tflite", "model.pt")


def is_version(text: str) -> bool:
    """Whether a folder of this name holds a version: its name is a whole number."""
    return text.isascii() and text.isdecimal()
