"""Which images a trial sends."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from fakes import jpeg

from vedette.errors import InvalidError, UsageError
from vedette.rules.load.scenarios import expanded
from vedette.values.frame import Size
from vedette.values.trial import SHIPPED_CROPS
from vedette.values.workload import Load, LoadKind
from vedette.wiring.bench_images import choose_images

CLOSED = Load(LoadKind.CLOSED, requests=5)


def scenario(kind: LoadKind, requests: int) -> Load:
    return expanded(Load(kind, requests=requests))


def size_of(image: bytes) -> tuple[int, int]:
    """Width and height, by OpenCV."""
    height, width = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    return width, height


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images of 64x48, one of 32x32."""
    made = tmp_path / "images"
    made.mkdir()
    (made / "a.jpg").write_bytes(jpeg((250, 5, 5), 64, 48))
    (made / "b.jpg").write_bytes(jpeg((5, 250, 5), 64, 48))
    (made / "c.jpg").write_bytes(jpeg((5, 5, 250), 32, 32))
    return made


def test_files_are_sent_as_they_are_and_described(folder: Path) -> None:
    """Bytes untouched, in order; sizes, number and hash (SHA-256 of the images' own SHA-256) are recorded."""
    files = [file.read_bytes() for file in sorted(folder.iterdir())]

    chosen = choose_images([str(folder)], CLOSED, 0)

    assert chosen.images == files
    digest = hashlib.sha256(b"".join(hashlib.sha256(file).digest() for file in files)).hexdigest()
    assert (chosen.inputs.sources, chosen.inputs.count, chosen.inputs.sha256) == ((str(folder),), 3, digest)
    assert set(chosen.inputs.sizes) == {(64, 48), (32, 32)}
    assert chosen.inputs.total_bytes == sum(map(len, files))
    assert chosen.rejected == ()


def test_what_cannot_be_read_is_left_out_with_its_reason(folder: Path) -> None:
    """The rest is sent."""
    (folder / "b.jpg").write_bytes(b"\xff\xd8 no image")

    chosen = choose_images([str(folder)], CLOSED, 0)

    assert len(chosen.images) == 2
    assert [(Path(one.source).name, bool(one.message)) for one in chosen.rejected] == [("b.jpg", True)]


def test_nothing_that_can_be_read_is_an_error_that_names_the_first(folder: Path) -> None:
    """And nothing is measured."""
    for file in folder.iterdir():
        file.write_bytes(b"no image")

    with pytest.raises(InvalidError, match=r"no image can be sent: .*a\.jpg"):
        choose_images([str(folder)], CLOSED, 0)


def test_without_names_crops_of_the_shipped_photos_are_sent() -> None:
    """One for scenario 2; the seed decides which, and the same seed makes the same bytes."""
    first, again, other = (choose_images([], scenario(LoadKind.SCENARIO_2, 5), seed) for seed in (1, 1, 2))

    assert first.inputs.sources == SHIPPED_CROPS
    assert [size_of(image) for image in first.images] == [(500, 375)]
    assert first.inputs.sha256 == again.inputs.sha256 != other.inputs.sha256


def test_scenario_3_has_as_many_different_images_of_one_size_as_requests() -> None:
    """500x375, all different."""
    chosen = choose_images([], scenario(LoadKind.SCENARIO_3, 30), 0)

    assert len(set(chosen.images)) == 30
    assert {size_of(image) for image in chosen.images} == {(500, 375)} == set(chosen.inputs.sizes)


def test_scenario_4_has_different_images_of_different_sizes() -> None:
    """Around 420x375, within 45 and 2000."""
    chosen = choose_images([], scenario(LoadKind.SCENARIO_4, 60), 0)

    sizes = np.array([size_of(image) for image in chosen.images])
    assert len(set(chosen.images)) == 60
    assert len(set(map(tuple, sizes.tolist()))) > 50
    assert sizes.min() >= 45
    assert sizes.max() <= 2000
    assert np.median(sizes, axis=0) == pytest.approx((420, 375), rel=0.25)  # 3 deviations of a median of 60


@pytest.mark.parametrize(
    ("kind", "requests", "told"),
    [
        (LoadKind.SCENARIO_3, 5, "sends 5 different images, 3 were found"),
        (LoadKind.SCENARIO_3, 3, "one size, 2 sizes were found"),
        (LoadKind.SCENARIO_4, 4, "sends 4 different images, 3 were found"),
    ],
)
def test_images_that_are_not_what_a_scenario_is_about_are_refused(
    kind: LoadKind, requests: int, told: str, folder: Path
) -> None:
    """With what was found."""
    with pytest.raises(UsageError, match=told):
        choose_images([str(folder)], scenario(kind, requests), 0)


def test_scenarios_take_images_that_fit(folder: Path) -> None:
    """Only the images that are sent must be of one size; equal sizes are no scenario 4."""
    assert len(choose_images([str(folder)], scenario(LoadKind.SCENARIO_3, 2), 0).images) == 3
    assert len(choose_images([str(folder)], scenario(LoadKind.SCENARIO_4, 3), 0).images) == 3
    (folder / "c.jpg").write_bytes(jpeg((5, 5, 250), 64, 48))
    with pytest.raises(UsageError, match=f"all are {Size(64, 48)}"):
        choose_images([str(folder)], scenario(LoadKind.SCENARIO_4, 3), 0)
