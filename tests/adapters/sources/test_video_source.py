"""Real videos give every frame, upright, with number and time; a video that cannot be read is one refusal."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import av
import numpy as np
import pytest

from vedette.adapters.sources.files import FileSource
from vedette.adapters.sources.video import VideoSource
from vedette.values.frame import Frame, Reject, Size, size_of

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


def film(path: Path | str, codec: str = "mpeg4", frames: int = 5, rotation: int = 0) -> str:
    """64 x 32 pixels at 5 frames a second; quarters red, green, blue, black from the top left, row by row."""
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[:16, :32], picture[:16, 32:], picture[16:, :32] = RED, GREEN, BLUE
    with av.open(os.fspath(path), "w") as container:
        stream = container.add_stream(codec, rate=5)
        stream.width, stream.height = 64, 32
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if rotation:
            stream.set_display_rotation(rotation)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return os.fspath(path)


def sound(path: Path) -> str:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return str(path)


def read(path: str) -> list[Frame | Reject]:
    return list(VideoSource(path, "clip").frames())


def corners(pixels: np.ndarray) -> list[tuple[int, int, int]]:
    """The colours of the four corners, row by row, each channel 0 or 255."""
    found = [pixels[y, x] for y in (4, -4) for x in (4, -4)]
    return [tuple(int(value > 128) * 255 for value in colour) for colour in found]


@pytest.mark.parametrize(("codec", "name"), [("mpeg4", "a.mp4"), ("mjpeg", "a.avi"), ("mpeg4", "a.mkv")])
def test_every_frame_comes_with_its_number_and_its_time(tmp_path: Path, codec: str, name: str) -> None:
    """Five frames at five a second, in RGB."""
    frames = read(film(tmp_path / name, codec))

    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8], abs=0.001)
    assert {frame.source for frame in frames} == {"clip"}
    for frame in frames:
        assert (frame.payload.dtype, size_of(frame.payload)) == (np.uint8, Size(64, 32))
        assert corners(frame.payload) == [RED, GREEN, BLUE, BLACK]


@pytest.mark.parametrize(
    ("rotation", "size", "expected"),
    [
        (90, Size(32, 64), [GREEN, BLACK, RED, BLUE]),
        (180, Size(64, 32), [BLACK, BLUE, GREEN, RED]),
        (270, Size(32, 64), [BLUE, RED, BLACK, GREEN]),
    ],
)
def test_a_video_that_was_filmed_turned_comes_upright(
    tmp_path: Path, rotation: int, size: Size, expected: list[tuple[int, int, int]]
) -> None:
    """Telephones write how they were held (counter-clockwise degrees); the pixels are turned by it."""
    frame = read(film(tmp_path / "a.mp4", rotation=rotation))[0]

    assert size_of(frame.payload) == size
    assert corners(frame.payload) == expected
    assert frame.payload.flags.c_contiguous


def test_frames_are_decoded_when_they_are_asked_for(tmp_path: Path) -> None:
    """A reader that stops early leaves the rest, and the file is closed."""
    frames = VideoSource(film(tmp_path / "a.mp4", frames=50), "clip").frames()

    assert next(frames).index == 0
    frames.close()
    assert not [link for link in Path("/proc/self/fd").iterdir() if os.path.realpath(link).endswith("a.mp4")]


@pytest.mark.parametrize(
    "name",
    [
        "two words.mp4",
        'it\'s "quoted".mp4',
        "a:b.mp4",
        "http:x.mp4",
        "%d.mp4",
        "clip[1].mp4",
        os.fsdecode(b"caf\xff.mp4"),
    ],
)
def test_no_character_of_a_name_has_a_meaning_for_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A colon makes no protocol and a percent sign no sequence, with and without the folder."""
    film(tmp_path / "plain.mp4")
    shutil.copy(tmp_path / "plain.mp4", tmp_path / name)
    monkeypatch.chdir(tmp_path)

    assert len(read(name)) == 5
    frames = list(FileSource(str(tmp_path / name)).frames())
    assert len(frames) == 5
    assert frames[0].source.encode("utf-8")


def test_a_file_that_is_no_video_is_one_refusal(tmp_path: Path) -> None:
    """The help names two tools that tell more."""
    (tmp_path / "a.mp4").write_bytes(b"this is text" * 100)

    (reject,) = read(str(tmp_path / "a.mp4"))

    assert isinstance(reject, Reject)
    assert (reject.kind, reject.source) == ("invalid", "clip")
    assert reject.message.startswith("the video cannot be read at all: Invalid data")
    assert "ffprobe" in reject.help


def test_an_empty_file_is_one_refusal(tmp_path: Path) -> None:
    """No bytes are no video."""
    (tmp_path / "a.avi").touch()

    (reject,) = read(str(tmp_path / "a.avi"))

    assert reject.kind == "invalid"


def test_sound_without_pictures_is_one_refusal(tmp_path: Path) -> None:
    """An mp4 may hold sound only."""
    (reject,) = read(sound(tmp_path / "a.mp4"))

    assert (reject.kind, reject.message) == ("invalid", "the file holds no video")


def test_a_video_without_frames_is_one_refusal(tmp_path: Path) -> None:
    """A recording that was stopped at once: the head says video, and nothing follows."""
    whole = Path(film(tmp_path / "whole.avi", "mjpeg")).read_bytes()
    (tmp_path / "a.avi").write_bytes(whole[: whole.index(b"movi") + 4])

    (reject,) = read(str(tmp_path / "a.avi"))

    assert (reject.kind, reject.message) == ("invalid", "the video holds no frames")


def test_a_video_that_was_cut_off_gives_the_frames_before(tmp_path: Path) -> None:
    """What can be decoded is given, numbered from 0."""
    whole = Path(film(tmp_path / "whole.avi", "mjpeg")).read_bytes()
    third = [place for place in range(len(whole)) if whole.startswith(b"\xff\xd8\xff", place)][2]
    (tmp_path / "a.avi").write_bytes(whole[: third + 2])

    items = read(str(tmp_path / "a.avi"))

    assert [item.index for item in items if isinstance(item, Frame)][:2] == [0, 1]
    assert len(items) <= 3


def test_a_damaged_place_ends_the_video_with_a_refusal_that_names_it(tmp_path: Path) -> None:
    """Two good frames, then a third that is no JPEG: its number is told."""
    whole = bytearray(Path(film(tmp_path / "whole.avi", "mjpeg")).read_bytes())
    third = [place for place in range(len(whole)) if whole.startswith(b"\xff\xd8\xff", place)][2]
    whole[third : third + 600] = bytes(600)
    (tmp_path / "a.avi").write_bytes(whole)

    *frames, reject = read(str(tmp_path / "a.avi"))

    assert isinstance(reject, Reject)
    assert [frame.index for frame in frames] == list(range(reject.index))
    assert f"from frame {reject.index} on" in reject.message


def test_a_broken_video_does_not_stop_the_rest_of_a_folder(tmp_path: Path) -> None:
    """One refusal between two videos."""
    film(tmp_path / "a.mp4", frames=2)
    (tmp_path / "b.mp4").write_bytes(b"no video")
    film(tmp_path / "c.avi", "mjpeg", frames=1)

    items = list(FileSource(str(tmp_path)).frames())

    assert [(Path(item.source).name, type(item)) for item in items] == [
        *[("a.mp4", Frame), ("a.mp4", Frame), ("b.mp4", Reject), ("c.avi", Frame)],
    ]


def test_a_playlist_in_the_guise_of_a_video_fetches_nothing(tmp_path: Path) -> None:
    """FFmpeg reads lists of addresses; from a file called .mp4 none is called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/part.ts"
        lists = {
            "hls.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n",
            "concat.mp4": f"ffconcat version 1.0\nfile {address}\n",
            "sdp.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
        }
        for name, text in lists.items():
            (tmp_path / name).write_text(text)
        items = list(FileSource(str(tmp_path)).frames())
        server.setblocking(False)

        with pytest.raises(BlockingIOError):
            server.accept()

    assert [(Path(item.source).name, type(item)) for item in items] == [(name, Reject) for name in sorted(lists)]
