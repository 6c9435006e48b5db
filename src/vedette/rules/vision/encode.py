"""Pixels become encoded bytes."""

from __future__ import annotations

import cv2
import numpy as np
import simplejpeg

from vedette.values.frame import Pixels


def encode_jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """Encode uint8 RGB pixels as JPEG with 4:2:0 chroma; quality 1..100."""
    data: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality, "RGB", "420")
    return data


def encode_png(pixels: Pixels) -> bytes:
    """Encode uint8 RGB pixels as PNG, without loss."""
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    assert done, "OpenCV encodes every uint8 RGB array as PNG"
    return data.tobytes()
