"""From one frame to the rows that models take."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import StepClock, colour_manifest, jpeg, plain

from vedette.errors import InvalidError, TooLargeError
from vedette.flows.inference.preprocess import Preprocess, decode_at
from vedette.values.frame import Frame, Size


def prepare(frame: Frame, *sides: int, keep_pixels: bool = False, **changes):
    inputs = [colour_manifest(side=side, **changes).input for side in sides]
    return Preprocess(inputs, keep_pixels, StepClock())(frame)


def test_each_model_gets_a_row_of_its_own_size() -> None:
    """One frame, two models, two rows."""
    prepared = prepare(Frame("x", jpeg((200, 10, 10), 64, 48)), 8, 16)

    assert [row.shape for row in prepared.rows] == [(8, 8, 3), (16, 16, 3)]
    assert prepared.size == Size(64, 48)


def test_a_frame_is_decoded_once_however_many_models_see_it() -> None:
    """Counted, as requirement A16 asks."""
    shrinks = []

    def counting(data, header, shrink):
        shrinks.append(shrink)
        return decode_at(data, header, shrink)

    inputs = [colour_manifest(side=side).input for side in (8, 16, 32)]
    Preprocess(inputs, False, StepClock(), decode=counting)(Frame("x", jpeg((1, 2, 3), 512, 512)))

    assert shrinks == [8]


def test_the_largest_input_decides_how_small_a_jpeg_may_be_decoded() -> None:
    """No model is given pixels that were invented."""
    shrinks = []

    def counting(data, header, shrink):
        shrinks.append(shrink)
        return decode_at(data, header, shrink)

    inputs = [colour_manifest(side=side).input for side in (8, 200)]
    Preprocess(inputs, False, StepClock(), decode=counting)(Frame("x", jpeg((1, 2, 3), 512, 512)))

    assert shrinks == [2]


def test_the_whole_picture_is_kept_only_when_it_is_wanted() -> None:
    """A picture for drawing has every pixel; otherwise none is held."""
    frame = Frame("x", jpeg((1, 2, 3), 64, 48))

    assert prepare(frame, 8).pixels is None
    assert prepare(frame, 8, keep_pixels=True).pixels.shape == (48, 64, 3)


def test_a_model_of_one_channel_gets_grey() -> None:
    """ITU-R BT.601: grey = 0.299 R + 0.587 G + 0.114 B."""
    prepared = prepare(Frame("x", plain((200, 100, 50))), 8, channels=1)

    assert prepared.rows[0].shape == (8, 8, 1)
    assert abs(int(prepared.rows[0][0, 0, 0]) - (0.299 * 200 + 0.587 * 100 + 0.114 * 50)) <= 1


def test_pixels_of_a_video_are_not_decoded_again() -> None:
    """A frame may hold pixels already."""
    prepared = prepare(Frame("x", plain((9, 9, 9), 20, 10)), 8)

    assert prepared.size == Size(20, 10)
    assert np.all(prepared.rows[0] == 9)


def test_decode_comes_before_preprocess_in_the_timeline() -> None:
    """Two spans that touch."""
    decode, resize = prepare(Frame("x", jpeg((1, 2, 3))), 8).spans

    assert (decode.stage, resize.stage) == ("decode", "preprocess")
    assert decode.end_ns == resize.start_ns


def test_bytes_that_are_no_image_are_refused() -> None:
    """The error of decode comes through."""
    with pytest.raises(InvalidError, match="not an image"):
        prepare(Frame("x", b"hello"), 8)


def test_the_pixel_limit_counts_for_frames_of_a_video_too() -> None:
    """Pixels that came decoded are not exempt."""
    with pytest.raises(TooLargeError, match="the limit is 100"):
        Preprocess([colour_manifest().input], False, StepClock(), pixel_limit=100)(Frame("x", plain((1, 2, 3))))


def test_an_image_above_the_pixel_limit_is_refused_before_it_is_decoded() -> None:
    """The limit counts the pixels of the header."""

    def never(data, header, shrink):
        raise AssertionError("decoded")

    inputs = [colour_manifest().input]
    with pytest.raises(TooLargeError, match="the limit is 100"):
        Preprocess(inputs, False, StepClock(), pixel_limit=100, decode=never)(Frame("x", jpeg((1, 2, 3))))
