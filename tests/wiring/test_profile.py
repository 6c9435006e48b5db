"""From the name of a model to a profile that is kept, with devices that answer at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fakes import colour_manifest, write_colour_model

from vedette.adapters.config.repository import Repository
from vedette.errors import ExhaustedError, InvalidError, NotFoundError, UnsupportedError, UsageError
from vedette.flows.bench.device import Device, DeviceOrder, DeviceWork, Loading
from vedette.rules.candidates import Wish
from vedette.rules.vision.header import read_header
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.values.frame import Size
from vedette.values.profile import Failed, Origin
from vedette.values.tiling import Tiling
from vedette.wiring.profile import ProfileAsked, ProfileInterrupted, device_kind, take_profile
from vedette.wiring.profile_images import image_files
from vedette.wiring.profiles import home_profiles

FIXED = Wish(RuntimeName.ONNXRUNTIME, Precision.FP32)


def size_of_file(file: str) -> Size:
    return read_header(Path(file).read_bytes()).size


@dataclass
class InstantDevices:
    """Devices that say that they took 10 ms an image; more than `most` images do not fit."""

    most: int = 64
    fixed_batch: int | None = None
    orders: list[DeviceOrder] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)

    def make(self, order: DeviceOrder) -> Device:
        self.orders.append(order)
        return InstantDevice(self, order)

    def free_cores(self) -> Sequence[int]:
        return (0, 1)


@dataclass
class InstantDevice:
    devices: InstantDevices
    order: DeviceOrder

    async def load(self) -> Loading:
        self.devices.sizes.append(size_of_file(self.order.images[0]))
        return Loading(0.1, 1, fixed_batch=self.devices.fixed_batch)

    async def run(self, batch: int, images: int, at_ns: int | None = None) -> DeviceWork:
        if batch > self.devices.most:
            raise ExhaustedError("it was killed for want of memory", help="-")
        return DeviceWork(0, 1, (batch * 10_000_000,) * (images // batch), images, images, 5000, 4000)

    async def close(self) -> None:
        """Nothing to close."""


@pytest.fixture(autouse=True)
def colour(home: Path, tmp_path: Path) -> str:
    """The sha256 of the file of the classifier `colour`."""
    file = write_colour_model(tmp_path / "colour.onnx")
    Repository(home).save(colour_manifest(file.name), {file.name: file})
    return hashlib.sha256(file.read_bytes()).hexdigest()


def asked(**changes: object) -> ProfileAsked:
    settings: dict[str, object] = {"wish": FIXED, "batches": (1, 4, 16)}
    return ProfileAsked("colour", device_kind("cpu:1"), **(settings | changes))


def test_a_profile_is_kept_with_all_that_it_depends_on(colour: str) -> None:
    """Model with its hash, execution, device, environment; the kept file reads back as the same profile."""
    taken = take_profile(asked(source="vedette profile colour"), lambda _: None, InstantDevices())

    profile = taken.profile
    assert (profile.profiled.model, profile.profiled.version, profile.profiled.model_sha256) == ("colour", "1", colour)
    assert profile.profiled.execution == Execution(RuntimeName.ONNXRUNTIME, Precision.FP32, "cpu", 1, 1)
    assert profile.profiled.device.name == "cpu:1"
    assert (profile.origin, profile.source) == (Origin.MEASURED, "vedette profile colour")
    assert profile.environment is not None
    assert [(point.batch, point.size) for point in profile.points] == [(1, None), (4, None), (16, None)]
    assert [point.latency_s.mean for point in profile.points if point.latency_s] == pytest.approx([0.01, 0.04, 0.16])
    assert home_profiles().get(profile.id) == profile
    assert taken.path.is_file()
    assert taken.notes == ()


def test_auto_is_measured_for_one_stream_with_the_threads_of_the_device() -> None:
    """Two cores: one stream of two threads, whatever `auto` finds quickest."""
    devices = InstantDevices()
    said: list[str] = []
    one = ProfileAsked("colour", device_kind("cpu:1.5"), Wish(RuntimeName.ONNXRUNTIME), (1,))
    take_profile(one, said.append, devices)

    execution = devices.orders[0].execution
    assert (execution.streams, execution.threads, execution.precision) == (1, 2, Precision.FP32)
    assert any("choosing a runtime for colour" in text for text in said)


def test_images_are_made_in_the_sizes_that_are_asked_for(photos: Path) -> None:
    """Crops, or the user's own images resized; as they come otherwise. They are gone afterwards."""
    small, large = Size(40, 30), Size(80, 60)
    for names in ((), (str(photos),)):
        with image_files(names, (small, large), 0) as files:
            found = {size: {read_header(Path(one).read_bytes()).size for one in some} for size, some in files.items()}
            folder = Path(files[small][0]).parent

        assert found == {small: {small}, large: {large}}
        assert not folder.exists()
    with image_files((str(photos),), (), 0) as files:
        kept = [Path(one).read_bytes() for one in files[None]]
    assert sorted(kept) == sorted(one.read_bytes() for one in photos.iterdir() if one.suffix == ".jpg")


def test_devices_read_images_of_the_size_of_their_point() -> None:
    """Each size is profiled on its own files."""
    devices = InstantDevices()
    taken = take_profile(asked(sizes=(Size(40, 30), Size(80, 60)), batches=(1,), trials=1), lambda _: None, devices)

    assert devices.sizes == [Size(40, 30), Size(40, 30), Size(80, 60)]  # the first process counts for nothing
    assert taken.profile.sizes == (Size(40, 30), Size(80, 60))


def test_a_fixed_batch_is_kept_and_told() -> None:
    """With the profile, so that plans know where its times step."""
    taken = take_profile(asked(), lambda _: None, InstantDevices(fixed_batch=4))

    assert home_profiles().get(taken.profile.id).profiled.fixed_batch == 4
    assert taken.notes == (
        "the model's file fixes its batch: mini-batches run in parts of 4 rows, the last one filled up",
    )


def test_too_few_trials_are_called_invalid() -> None:
    """They are kept all the same."""
    taken = take_profile(asked(trials=2), lambda _: None, InstantDevices())

    assert taken.notes == (
        "INVALID for intervals: 2 trials of a point do not show how processes differ, 3 are the fewest (--trials)",
    )


def test_out_of_memory_is_kept_as_a_result() -> None:
    """With its reason, beside the batches that fit."""
    taken = take_profile(asked(), lambda _: None, InstantDevices(most=4))

    assert [point.failed for point in taken.profile.points] == [None, None, Failed.OUT_OF_MEMORY]
    assert home_profiles().get(taken.profile.id).points[2].reason == "it was killed for want of memory"


def test_a_limit_below_every_mini_batch_is_an_error() -> None:
    """Nothing is kept."""
    with pytest.raises(ExhaustedError, match="runs no mini-batch on cpu:1: batch 1: it was killed") as caught:
        take_profile(asked(), lambda _: None, InstantDevices(most=0))

    assert "--memory-limit" in caught.value.help
    assert home_profiles().heads() == []


@dataclass
class StoppedDevices(InstantDevices):
    """As the user stops the command, with so many processes before."""

    before: int = 0

    def make(self, order: DeviceOrder) -> Device:
        if len(self.orders) == self.before:
            raise KeyboardInterrupt
        return InstantDevices.make(self, order)


def test_an_interruption_hands_on_what_was_complete_and_keeps_nothing() -> None:
    """The first process counts for nothing; whether a part is kept is for the command to say."""
    with pytest.raises(ProfileInterrupted) as caught:
        take_profile(asked(source="vedette profile colour"), lambda _: None, StoppedDevices(before=3))
    with pytest.raises(ProfileInterrupted) as early:
        take_profile(asked(), lambda _: None, StoppedDevices(before=2))

    part = caught.value.part
    assert part is not None
    assert [point.batch for point in part.points] == [1, 4]
    assert part.broken_off == "broken off: batch 16 not measured; batch 1, 4 measured in 1 of 3 trials"
    assert part.source == "vedette profile colour"
    assert early.value.part is None
    assert home_profiles().heads() == []


@pytest.mark.usefixtures("colour")
def test_a_device_that_does_not_fit_is_said_before_a_runtime_is_chosen() -> None:
    """`auto` takes a minute on a new machine; it is not begun for a device that this machine does not have."""
    said: list[str] = []

    with pytest.raises(UnsupportedError, match="a device of 9 cores is too large: 2 may be used"):
        take_profile(ProfileAsked("colour", device_kind("cpu:9")), said.append, InstantDevices())

    assert said == []


def test_what_cannot_be_profiled_is_said_before_anything_starts(tmp_path: Path) -> None:
    """An unknown model, tiles for a classifier, a folder without images, a device that is none, too many neighbours."""
    devices = InstantDevices()
    for wrong, kind, words in (
        (asked(tiling=Tiling(Size(10, 10))), UsageError, "is no detector"),
        (asked(images=(str(tmp_path / "nothing"),)), InvalidError, "no image can be profiled with"),
        (asked(neighbours=2), UnsupportedError, "3 devices have 3 cores"),
    ):
        with pytest.raises(kind, match=words):
            take_profile(wrong, lambda _: None, devices)
    with pytest.raises(NotFoundError):
        take_profile(ProfileAsked("no-such-model", device_kind("cpu:1")), lambda _: None, devices)
    for name in ("gpu:0", "cpu:0", "cpu:-1", "cpu:1,cpu:0.5", ""):
        with pytest.raises(UsageError):
            device_kind(name)

    assert devices.orders == []
