"""From one frame to the rows that models take."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fakes import StepClock, colour_manifest, jpeg, plain

from vedette.errors import InvalidError, TooLargeError
from vedette.flows.inference.preprocess import Intake, Preprocess, decode_at
from vedette.values.frame import Frame, Size
from vedette.values.tiling import Fill, Region, Tiling


def encode_png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()


def prepare(frame: Frame, *sides: int, keep_pixels: bool = False, **changes):
    return Preprocess(intakes(*sides, **changes), keep_pixels, StepClock())(frame)


def intakes(*sides: int, tiling: Tiling | None = None, **changes) -> list[Intake]:
    return [Intake(colour_manifest(side=side, **changes).input, tiling) for side in sides]


def test_each_model_gets_a_row_of_its_own_size() -> None:
    """One frame, two models, two rows."""
    prepared = prepare(Frame("x", jpeg((200, 10, 10), 64, 48)), 8, 16)

    assert [prepared.row(model, 0).shape for model in (0, 1)] == [(8, 8, 3), (16, 16, 3)]
    assert prepared.size == Size(64, 48)


def test_a_frame_is_decoded_once_however_many_models_see_it() -> None:
    """Counted, as requirement A16 asks."""
    shrinks = []

    def counting(data, header, shrink):
        shrinks.append(shrink)
        return decode_at(data, header, shrink)

    Preprocess(intakes(8, 16, 32), False, StepClock(), decode=counting)(Frame("x", jpeg((1, 2, 3), 512, 512)))

    assert shrinks == [8]


def test_the_largest_input_decides_how_small_a_jpeg_may_be_decoded() -> None:
    """No model is given pixels that were invented."""
    shrinks = []

    def counting(data, header, shrink):
        shrinks.append(shrink)
        return decode_at(data, header, shrink)

    Preprocess(intakes(8, 200), False, StepClock(), decode=counting)(Frame("x", jpeg((1, 2, 3), 512, 512)))

    assert shrinks == [2]


def test_the_whole_picture_is_kept_only_when_it_is_wanted() -> None:
    """A picture for drawing has every pixel; otherwise none is held."""
    frame = Frame("x", jpeg((1, 2, 3), 64, 48))

    assert prepare(frame, 8).pixels is None
    assert prepare(frame, 8, keep_pixels=True).pixels.shape == (48, 64, 3)


def test_a_model_of_one_channel_gets_grey() -> None:
    """ITU-R BT.601: grey = 0.299 R + 0.587 G + 0.114 B."""
    prepared = prepare(Frame("x", plain((200, 100, 50))), 8, channels=1)

    assert prepared.row(0, 0).shape == (8, 8, 1)
    assert abs(int(prepared.row(0, 0)[0, 0, 0]) - (0.299 * 200 + 0.587 * 100 + 0.114 * 50)) <= 1


def test_pixels_of_a_video_are_not_decoded_again() -> None:
    """A frame may hold pixels already."""
    prepared = prepare(Frame("x", plain((9, 9, 9), 20, 10)), 8)

    assert prepared.size == Size(20, 10)
    assert np.all(prepared.row(0, 0) == 9)


def test_the_time_of_decoding_is_told() -> None:
    """Rows are made later, one by one."""
    decode = prepare(Frame("x", jpeg((1, 2, 3))), 8).decode

    assert (decode.stage, decode.end_ns - decode.start_ns) == ("decode", 1000)


def test_bytes_that_are_no_image_are_refused() -> None:
    """The error of decode comes through."""
    with pytest.raises(InvalidError, match="not an image"):
        prepare(Frame("x", b"hello"), 8)


def test_the_pixel_limit_counts_for_frames_of_a_video_too() -> None:
    """Pixels that came decoded are not exempt."""
    with pytest.raises(TooLargeError, match="the limit is 100"):
        Preprocess(intakes(8), False, StepClock(), pixel_limit=100)(Frame("x", plain((1, 2, 3))))


def test_an_image_above_the_pixel_limit_is_refused_before_it_is_decoded() -> None:
    """The limit counts the pixels of the header."""

    def never(data, header, shrink):
        raise AssertionError("decoded")

    with pytest.raises(TooLargeError, match="the limit is 100"):
        Preprocess(intakes(8), False, StepClock(), pixel_limit=100, decode=never)(Frame("x", jpeg((1, 2, 3))))


def test_an_image_that_is_cut_gives_a_row_for_each_tile_and_is_decoded_once() -> None:
    """Each row is the pixels of its own tile."""
    decoded = []

    def counting(data, header, shrink):
        decoded.append(shrink)
        return decode_at(data, header, shrink)

    picture = np.zeros((20, 30, 3), np.uint8)
    picture[10:, 20:] = (255, 255, 255)
    frame = Frame("x", encode_png(picture))
    prepared = Preprocess(intakes(10, tiling=Tiling(Size(10, 10))), False, StepClock(), decode=counting)(frame)

    assert [float(prepared.row(0, number).mean()) for number in range(6)] == [0, 0, 0, 0, 0, 255]
    assert len(decoded) == 1


def test_models_with_the_same_tiles_share_their_rows() -> None:
    """Cut once, however many models see it."""
    prepared = prepare(Frame("x", plain((1, 2, 3), 40, 40)), 8, 8, tiling=Tiling(Size(20, 20)))

    assert [len(placed) for placed in prepared.places] == [4, 4]
    assert all(prepared.row(0, number) is prepared.row(1, number) for number in range(4))


def test_the_tiles_of_a_small_picture_do_not_keep_it_alive() -> None:
    """A tile that is as large as the model's input is copied, or it would hold the whole image."""
    prepared = prepare(Frame("x", plain((1, 2, 3), 40, 40)), 20, tiling=Tiling(Size(20, 20)))

    assert all(prepared.row(0, number).base is None for number in range(4))


def test_only_the_region_of_interest_is_cut() -> None:
    """Fewer tiles is the cheapest speed."""
    region = Region(20, 0, Size(20, 40))
    preprocess = Preprocess(
        intakes(8, tiling=Tiling(Size(20, 20), fill=Fill.OVERVIEW)), False, StepClock(), region_of=lambda _: region
    )

    prepared = preprocess(Frame("x", plain((1, 2, 3), 40, 40)))

    assert [str(place.region) for place in prepared.places[0]] == ["20,0,20,20", "20,20,20,20", "20,0,20,40"]


def test_a_region_of_interest_outside_of_an_image_is_told() -> None:
    """Not an empty answer: a wrong order."""
    preprocess = Preprocess(intakes(8), False, StepClock(), region_of=lambda _: Region(50, 0, Size(5, 5)))

    with pytest.raises(InvalidError, match="50,0,5,5 lies outside the image of 40x40"):
        preprocess(Frame("x", plain((1, 2, 3), 40, 40)))


def test_a_large_image_is_not_kept_for_its_picture_but_can_be_had_again() -> None:
    """Two million pixels are the limit; the picture is drawn in full size all the same."""
    frame = Frame("x", jpeg((1, 2, 3), 2000, 1001))
    preprocess = Preprocess(intakes(8), True, StepClock())

    prepared = preprocess(frame)

    assert prepared.pixels is None
    assert preprocess.whole(frame).shape == (1001, 2000, 3)
