"""Suffixes decide which names count as images and videos."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.rules.vision.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES, is_image, is_video


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.b.Png", Path("x/y.tiff"), "a.jp2"])
def test_image_suffixes_count_in_capitals_too(name: str | Path) -> None:
    """The case of a suffix does not matter."""
    assert is_image(name)
    assert not is_video(name)


@pytest.mark.parametrize("name", ["jpg", ".jpg", "a.jpg.txt", "a", "a.mp4"])
def test_other_names_are_no_images(name: str) -> None:
    """Only the last suffix counts, and a hidden file has none."""
    assert not is_image(name)


def test_no_suffix_is_both() -> None:
    """Images and videos share no suffix."""
    assert not IMAGE_SUFFIXES & VIDEO_SUFFIXES
    assert is_video("a.MP4")
