"""The images of a trial in one file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scarce import room_for

from vedette.adapters.store.image_file import read_images, write_images
from vedette.errors import ExhaustedError


@given(images=st.lists(st.binary(max_size=300), max_size=20))
def test_every_image_comes_back_byte_for_byte(images: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    """In their order, whatever their bytes."""
    file = tmp_path_factory.mktemp("images") / "images.arrow"
    write_images(file, images)

    assert read_images(file) == images


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Before anything is measured."""
    with room_for(10_000), pytest.raises(ExhaustedError, match="nothing was measured yet"):
        write_images(tmp_path / "images.arrow", [b"x" * 50_000])
