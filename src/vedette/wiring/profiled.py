"""A model that is served as it was profiled: nothing is measured at the start, and batches are those of its plan.

ModelOptions(profile) -> Profile -> its Execution, its batch curve -> Opened
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from vedette.adapters.config.content import fingerprint
from vedette.adapters.config.home import default_home
from vedette.adapters.store.profiles import read_file
from vedette.errors import ConflictError, UnsupportedError
from vedette.flows.inference.runtime import Instance, Loader
from vedette.rules.capacity.capable import batch_curve
from vedette.values.curve import BatchCurve
from vedette.values.execution import Choice, Plan, RuntimeName
from vedette.values.manifest import Manifest
from vedette.values.profile import Profile
from vedette.values.serving import ModelOptions
from vedette.wiring.instances import Opened
from vedette.wiring.plugins import Loaders


def open_profiled(
    manifest: Manifest, options: ModelOptions, loaders: Mapping[RuntimeName, Loader] | None = None
) -> Opened:
    """Load a model as it was profiled.

    Args:
        manifest: of the model.
        options: with a profile.
        loaders: None takes the engines of this process.

    Raises:
        NotFoundError: there is no such profile.
        InvalidError: it cannot be read.
        ConflictError: it contradicts the options, or is of another file.
        UnsupportedError: the model takes no images.
    """
    profile = profile_of(options)
    if manifest.input is None:
        raise UnsupportedError(f"{manifest.name} takes no images, and profiles are of images", help=_LEAVE)
    told = profile.profiled.model_sha256
    if told and told != fingerprint(Path(manifest.file)):
        raise ConflictError(
            f"{options.profile} is of another file of {manifest.name} than version {manifest.version} has now",
            help=f"profile it again: vedette profile {manifest.name}",
        )
    execution = profile.profiled.execution
    loader = (Loaders(default_home() / ".cache") if loaders is None else loaders)[execution.runtime]
    runtime = loader.load(manifest, execution, Plan.IMAGE)
    choice = Choice(execution, options.optimise, (), cached=True, curve=curve_of(profile))
    return Opened(Instance(manifest, runtime), loader, choice)


def curve_of(profile: Profile) -> BatchCurve:
    """The batch curve of the largest images that were profiled: images as they come, where there is no size."""
    return batch_curve(profile, max(profile.sizes, key=lambda size: 0 if size is None else size.pixels))


def profile_of(options: ModelOptions) -> Profile:
    """The profile that the options name.

    Raises:
        NotFoundError: there is no such file.
        InvalidError: it is no profile.
        ConflictError: it contradicts the options.
    """
    assert options.profile is not None, "asked for where there is one"
    profile = read_file(Path(options.profile))
    conflicts = list(_conflicts(profile, options))
    if conflicts:
        raise ConflictError(f"{options.profile} {' and '.join(conflicts)}", help=_LEAVE)
    return profile


_LEAVE = "leave `profile` out, or name one of the model as it is served"


def _conflicts(profile: Profile, options: ModelOptions) -> Iterator[str]:
    profiled = profile.profiled
    execution = profiled.execution
    if profiled.model != options.name:
        yield f"is of {profiled.model}, not of {options.name}"
    if options.runtime not in {None, execution.runtime}:
        yield f"was measured with {execution.runtime}, not with {options.runtime}"
    if options.precision not in {None, execution.precision}:
        yield f"was measured in {execution.precision}, not in {options.precision}"
    if options.threads not in {None, execution.streams * execution.threads}:
        yield f"was measured with {execution.streams * execution.threads} threads, not with {options.threads}"
    if options.device != execution.device:
        yield f"was measured on {execution.device}, not on {options.device}"
