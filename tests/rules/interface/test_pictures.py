"""Pictures for outputs."""

from __future__ import annotations

import cv2
import numpy as np
from fakes import jpeg, plain

from vedette.rules.interface.pictures import as_jpeg


def test_jpeg_stays_as_it_is() -> None:
    """Not a byte is changed."""
    picture = jpeg((255, 0, 0))

    assert as_jpeg(picture) is picture


def test_png_becomes_jpeg() -> None:
    """The pixels are those of the PNG, as another decoder sees them, in the right order of colours."""
    png = cv2.imencode(".png", plain((200, 100, 50))[..., ::-1])[1].tobytes()

    made = as_jpeg(png)

    assert made.startswith(b"\xff\xd8")
    pixels = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.abs(pixels.astype(int) - plain((200, 100, 50))).max() <= 4
