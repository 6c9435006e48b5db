"""Video files through FFmpeg (PyAV): every frame, upright, with its number and its time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vedette.values.frame import Frame, Reject

_OPTIONS = {"protocol_whitelist": "file"}
"""A playlist in the guise of a video must not make FFmpeg fetch addresses."""

_HELP = "look at it with ffprobe, or convert it: ffmpeg -i VIDEO copy.mp4"


@dataclass(frozen=True, slots=True)
class VideoSource:
    """The frames of one video file."""

    path: str
    name: str

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        return video_frames(self.path, self.name)


def video_frames(path: str, name: str) -> Iterator[Frame | Reject]:
    """Each frame of the first video stream; a place that cannot be decoded ends the video with a Reject.

    The path is a local file whatever it looks like: `file:` keeps FFmpeg from reading `a:b.mp4` as a protocol.
    """
    import av

    number = 0
    try:
        with av.open(f"file:{path}", options=_OPTIONS) as container:
            if not container.streams.video:
                yield Reject(name, "invalid", "the file holds no video", _HELP)
                return
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for picture in container.decode(stream):
                yield Frame(name, _upright(picture), number, None if picture.time is None else float(picture.time))
                number += 1
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        where = f"from frame {number} on" if number else "at all"
        message = f"the video cannot be read {where}: {reason}"
        yield Reject(name, "invalid", message, _HELP, number)
        return
    if number == 0:
        yield Reject(name, "invalid", "the video holds no frames", _HELP)


def _upright(picture: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    pixels: np.ndarray[Any, np.dtype[np.uint8]] = picture.to_ndarray(format="rgb24")
    quarter_turns = round(getattr(picture, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarter_turns)) if quarter_turns else pixels
