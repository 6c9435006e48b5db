"""Video files through FFmpeg (PyAV): every frame, upright, with its number and its time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vedette.values.frame import Frame, Reject


@dataclass(frozen=True, slots=True)
class VideoSource:
    """The frames of one video file."""

    path: str
    name: str

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        return video_frames(self.path, self.name)


def video_frames(path: str, name: str) -> Iterator[Frame | Reject]:
    """Each frame of the first video stream; a damaged place ends the video with a Reject."""
    import av

    number = 0
    try:
        with av.open(path) as container:
            if not container.streams.video:
                yield Reject(name, "invalid", "the file holds no video", "check the file with ffprobe")
                return
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for picture in container.decode(stream):
                yield Frame(name, _upright(picture), number, None if picture.time is None else float(picture.time))
                number += 1
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"the video cannot be read from frame {number} on: {reason}"
        yield Reject(name, "invalid", message, "check the file with ffprobe", number)
        return
    if number == 0:
        yield Reject(name, "invalid", "the video holds no frames", "check the file with ffprobe")


def _upright(picture: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    pixels: np.ndarray[Any, np.dtype[np.uint8]] = picture.to_ndarray(format="rgb24")
    quarter_turns = round(getattr(picture, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarter_turns)) if quarter_turns else pixels
