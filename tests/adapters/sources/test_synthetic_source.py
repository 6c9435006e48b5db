"""Synthetic images come from size, seed and number only."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vedette.adapters.sources.synthetic import SyntheticSource, parse_synthetic
from vedette.errors import UsageError
from vedette.rules.vision.decode import decode
from vedette.values.frame import Frame, Size


def payloads(address: str) -> list[bytes]:
    return [frame.payload for frame in parse_synthetic(address).frames()]


def test_an_address_says_size_count_and_seed() -> None:
    """Without a count there is one image, without a seed it is 0."""
    assert parse_synthetic("synthetic://64x48?count=3&seed=7") == SyntheticSource(Size(64, 48), 3, 7)
    assert parse_synthetic("synthetic://64x48?seed=7&count=3") == SyntheticSource(Size(64, 48), 3, 7)
    assert parse_synthetic("synthetic://64x48") == SyntheticSource(Size(64, 48), 1, 0)


def test_the_frames_are_jpegs_of_that_size_numbered_from_0() -> None:
    """Width comes before height."""
    frames = list(parse_synthetic("synthetic://64x48?count=3&seed=7").frames())

    assert [frame.index for frame in frames] == [0, 1, 2]
    assert {frame.source for frame in frames} == {"synthetic://64x48?seed=7"}
    assert all(isinstance(frame, Frame) and decode(frame.payload).size == Size(64, 48) for frame in frames)


@pytest.mark.parametrize("size", ["1x1", "1x500", "3x2"])
def test_the_smallest_sizes_work(size: str) -> None:
    """One pixel is an image."""
    (payload,) = payloads(f"synthetic://{size}")

    assert str(decode(payload).size) == size


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    """Another process, asked for more images, makes the same first one."""
    script = (
        "import sys; from vedette.adapters.sources.synthetic import parse_synthetic\n"
        "sys.stdout.buffer.write(next(parse_synthetic('synthetic://64x48?count=9&seed=7').frames()).payload)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert payloads("synthetic://64x48?seed=7") == [done.stdout]


def test_other_seeds_and_numbers_give_other_bytes() -> None:
    """No two images of a run are the same."""
    made = payloads("synthetic://64x48?count=5&seed=0") + payloads("synthetic://64x48?count=5&seed=1")

    assert len(set(made)) == 10


def test_the_count_is_known_before() -> None:
    """A thousand images are announced as a thousand."""
    assert parse_synthetic("synthetic://64x48?count=1000").count() == 1000


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("", "names no size"),
        ("640", "names no size"),
        ("640X480", "names no size"),
        ("x", "width is a whole number in 1..20000, got ''"),
        ("0x480", "width is a whole number in 1..20000, got '0'"),
        ("640x20001", "height is a whole number in 1..20000, got '20001'"),
        ("640x-1", "height is a whole number"),
        ("640x480/more", "height is a whole number in 1..20000, got '480/more'"),
        ("640x480#more", "height is a whole number"),
        ("[640x480", "width is a whole number in 1..20000, got '[640'"),
        ("640x480x3", "height is a whole number"),
        ("640x480?count=0", "count is a whole number in 1.."),
        ("640x480?count=-1", "count is a whole number in 1.."),
        ("640x480?count", "got ''"),
        ("640x480?count=1.5", "got '1.5'"),
        ("640x480?seed=x", "seed is a whole number in 0.."),
        ("640x480?seed=" + "9" * 5000, "seed is a whole number in 0..9223372036854775807"),
        ("640x480?seed=\udcff", "seed is a whole number"),
        ("640x480?cuont=3", "unknown key 'cuont', the keys are count and seed"),
        ("640x480?seed=1&seed=2", "a key is given twice"),
    ],
)
def test_another_form_is_refused_with_the_right_one(rest: str, words: str) -> None:
    """The message says which part is wrong, the help how it is written."""
    with pytest.raises(UsageError) as caught:
        parse_synthetic(f"synthetic://{rest}")

    assert words in caught.value.message
    assert caught.value.help == "write synthetic://WIDTHxHEIGHT?count=N&seed=N"
