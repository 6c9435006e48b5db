"""Which file names count as images and videos in a folder. Whether they are is told by their content, later."""

from __future__ import annotations

from pathlib import PurePath

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".jp2"})
VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".ts"})


def is_image(name: str | PurePath) -> bool:
    """Whether a file name ends like an image, in capitals or not."""
    return PurePath(name).suffix.lower() in IMAGE_SUFFIXES


def is_video(name: str | PurePath) -> bool:
    """Whether a file name ends like a video, in capitals or not."""
    return PurePath(name).suffix.lower() in VIDEO_SUFFIXES
