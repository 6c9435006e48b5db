"""From the name of a model and a wish to a model that is loaded and ready.

name -> Manifest -> candidates -> (one: take it | several: the remembered or measured Choice) -> Instance
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from vedette.adapters.config.home import default_home
from vedette.adapters.probes.host import probe_host
from vedette.adapters.store.choices import ChoiceFolder
from vedette.adapters.store.manifests import ManifestFolder, state_of
from vedette.clock import SystemClock
from vedette.flows.inference.choose import Chooser, remembered
from vedette.flows.inference.preprocess import Intake, Preprocess, Row
from vedette.flows.inference.runtime import Instance, Loader
from vedette.rules.candidates import Wish, candidates
from vedette.rules.threads import has_bf16, usable_cores
from vedette.rules.vision.decode import decode
from vedette.rules.vision.encode import encode_jpeg
from vedette.rules.vision.resize import resize
from vedette.rules.zoo.names import is_name
from vedette.values.execution import Choice, Execution, Plan, Precision, RuntimeName
from vedette.values.frame import Frame, Pixels, Size
from vedette.values.host import Host
from vedette.values.manifest import Manifest, ResizeType
from vedette.wiring.plugins import Loaders

PHOTOS = Path(__file__).parent.parent / "photos"
_CROPS_TO_TIME, _CROPS_TO_COMPARE = 32, 200
_CROP_SEED = 7

_measuring = threading.Lock()
"""A server opens several models at once; two that are measured at once would measure each other."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An Instance, who loaded it, and how its Execution came about; `choice` is None where there was none to make."""

    instance: Instance
    loader: Loader
    choice: Choice | None


def open_model(name: str, wish: Wish, say: Callable[[str], None]) -> Opened:
    """Find (or pull) a model, choose how to run it, and load it.

    Raises:
        VedetteError: the model is not there, or cannot be run as wished.
    """
    return open_manifest(find_manifest(name, say), wish, say)


def find_manifest(name: str, say: Callable[[str], None]) -> Manifest:
    """The manifest as it was checked before, if the model's folder is unchanged; else read, or pulled, and checked."""
    home = default_home()
    checked = ManifestFolder(home / ".cache" / "manifests")
    known = checked.get(name, state_of(home / name)) if is_name(name) else None
    if known is not None and Path(known.file).is_relative_to(home / name):  # and not from before the home was moved
        return known
    from vedette.wiring.zoo import find_or_pull  # brings YAML, schemas and the catalogue

    manifest = find_or_pull(name, say)
    checked.put(name, state_of(home / name), manifest)
    return manifest


def open_manifest(
    manifest: Manifest,
    wish: Wish,
    say: Callable[[str], None],
    loaders: Mapping[RuntimeName, Loader] | None = None,
    *,
    measure: bool = True,
    like: Execution | None = None,
) -> Opened:
    """Choose how to run a model and load it.

    Args:
        manifest: of the model.
        wish: what the user fixed.
        say: told what takes long.
        loaders: None takes the engines of this process.
        measure: False takes a candidate of fp32 where nothing is remembered: a measurement needs every core.
        like: which of them is taken then, if it can be: what another version runs with.
    """
    cache = default_home() / ".cache"
    loaders = Loaders(cache) if loaders is None else loaders
    host = probe_host()
    executions = candidates(wish, manifest.format, usable_cores(host), bf16=has_bf16(host))
    if len(executions) == 1 or wish.runtime is RuntimeName.NULL or manifest.input is None:
        execution, choice = executions[0], None
    else:

        def measured() -> Choice:
            with _measuring:
                say(f"choosing a runtime for {manifest.name}: {len(executions)} candidates, once on this machine ...")
                return Chooser(loaders, lambda asked: photo_crops(asked, executions), SystemClock()).choose(
                    manifest, executions, wish.optimise
                )

        store, key = ChoiceFolder(cache / "choices"), _key(manifest, executions, host, wish)
        choice = remembered(store, key, measured) if measure else store.get(key)
        execution = _unmeasured(executions, like) if choice is None else choice.execution
    loader = loaders[execution.runtime]
    plan = Plan.TENSOR if manifest.input is None else Plan.IMAGE
    return Opened(Instance(manifest, loader.load(manifest, execution, plan)), loader, choice)


def _unmeasured(executions: Sequence[Execution], like: Execution | None) -> Execution:
    """The candidate that is like another execution, though in fp32: a precision is taken only once it was compared."""
    if like is not None:
        wanted = replace(like, precision=Precision.FP32)
        if wanted in executions:
            return wanted
    return executions[0]


def photo_crops(manifest: Manifest, executions: tuple[Execution, ...]) -> list[Row]:
    """Seeded crops of the shipped photos, as rows of the model's input."""
    assert manifest.input is not None, "only models of images are measured on photos"
    compared = any(execution.precision is not Precision.FP32 for execution in executions)
    prepare = Preprocess([Intake(manifest.input)], keep_pixels=False, clock=SystemClock())
    crops = seeded_crops(_CROPS_TO_COMPARE if compared else _CROPS_TO_TIME, Size(500, 375), _CROP_SEED)
    return [prepare(Frame("crop", crop)).row(0, 0) for crop in crops]


def seeded_crops(count: int, size: Size, seed: int) -> list[bytes]:
    """JPEGs (quality 90) of `size`, cut at random out of the shipped photos; each spans 50 to 100 % of one."""
    return crops_of([size] * count, seed)


def crops_of(sizes: Sequence[Size], seed: int) -> list[bytes]:
    """A JPEG of each size, as `seeded_crops`."""
    photos = [decode(file.read_bytes()).pixels for file in sorted(PHOTOS.glob("*.jpg"))]
    generator = np.random.default_rng(seed)
    return [encode_jpeg(_crop(photos[number % len(photos)], size, generator)) for number, size in enumerate(sizes)]


def _crop(photo: Pixels, size: Size, generator: np.random.Generator) -> Pixels:
    height, width = photo.shape[:2]
    scale = float(generator.uniform(0.5, 1.0)) * min(width / size.width, height / size.height)
    across, down = max(1, int(size.width * scale)), max(1, int(size.height * scale))
    left, top = int(generator.integers(0, width - across + 1)), int(generator.integers(0, height - down + 1))
    return resize(photo[top : top + down, left : left + across], size, ResizeType.STANDARD)


def _key(manifest: Manifest, executions: tuple[Execution, ...], host: Host, wish: Wish) -> str:
    """What a choice depends on: the file, the way in, the processor, the engines, and what was to be chosen from."""
    parts: list[object] = [manifest.file, state_of(Path(manifest.file).parent), manifest.input, host.cpu, host.features]
    parts += [wish.optimise, executions, *(_installed(package) for package in ("onnxruntime", "openvino", "torch"))]
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=10).hexdigest()
    return f"{manifest.name}-{digest}"


def _installed(package: str) -> tuple[str, int]:
    """What changes when a package is installed anew; its version would cost an import of the mail parser."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return "", 0
    return spec.origin, Path(spec.origin).stat().st_mtime_ns
