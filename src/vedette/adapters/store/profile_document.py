"""A profile as text, and back: the whole form that is stored, and the short one that people write by hand.

    Profile  <->  {"schema": "vedette.profile/1", "id": ..., "profiled": {...}, "points": [...], ...}    JSON
    model: m, device: d, points: {1: 12.5}  -->  Profile, origin given                                   YAML or JSON

A text with `profiled` is of the whole form. Whatever is wrong is an `InvalidError` that names file, place and value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from vedette.adapters.store.given_profile import given_profile
from vedette.adapters.store.record import RecordError, from_data, to_data
from vedette.errors import InternalError, InvalidError
from vedette.rules.zoo.names import nearest
from vedette.values.device import DeviceKind
from vedette.values.moment import Moment
from vedette.values.profile import SCHEMA, Profile, ProfilePoint

MAX_CHARACTERS = 5_000_000
_YAML_CHARACTERS = 200_000
"""What people write by hand is shorter, and YAML is slow to read."""
_DEEPEST = 20
MAX_BATCH = 4096
"""Images of a mini-batch; a profile of more is a slip."""

_HELP = "docs/profiles.md shows how a profile is written; or measure one with `vedette profile MODEL`"
_LARGEST = 2**63
_LONGEST_S = 1e7
_SHORTEST_S = 1e-9
_MOST = 1e12
_WIDEST = 1_000_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_UNKNOWN = re.compile(r"(?P<place>.*): unknown; known are (?P<known>.*)", re.DOTALL)


def write_profile(profile: Profile) -> str:
    """The whole form, indented for people.

    Raises:
        InternalError: a number that must be there is not finite.
    """
    try:
        data = to_data(profile)
    except RecordError as error:
        raise InternalError(
            f"profile {profile.id} cannot be stored: {error}", help="this is a mistake in Vedette: report it"
        ) from None
    return json.dumps({"schema": SCHEMA, **data}, indent=2, allow_nan=False) + "\n"


def read_profile(text: str, where: str) -> Profile:
    """The profile that a text describes, in either form; `where` names its file in messages.

    Raises:
        InvalidError: it is damaged, of another schema, or holds what no profile can.
    """
    try:
        data = _mapping(text)
        _check_schema(data.pop("schema", None), whole="profiled" in data)
        profile: Profile = _whole(data) if "profiled" in data else given_profile(data)
        _check(profile)
    except (ValueError, OverflowError) as error:
        raise InvalidError(f"{where}: {_with_nearest(str(error))}", help=_HELP) from None
    return profile


def is_id(text: str) -> bool:
    """Whether a text can be the id of a profile, and so the name of its file."""
    return _ID.fullmatch(text) is not None


def _check_schema(schema: Any, *, whole: bool) -> None:
    if schema == SCHEMA or (schema is None and not whole):
        return
    if isinstance(schema, str) and schema.startswith("vedette.profile/"):
        raise ValueError(
            f"it is of schema {schema[:40]}, this Vedette reads {SCHEMA}: install the Vedette that wrote it"
        )
    raise ValueError(f"it is no profile: its schema is {str(schema)[:40]!r}, not {SCHEMA}")


def _whole(data: dict[str, Any]) -> Profile:
    """Points first and one by one, so that a complaint names the point."""
    points = data.get("points")
    for number, point in enumerate(points if isinstance(points, list) else ()):
        from_data(ProfilePoint, point, f"points[{number}]")
    return from_data(Profile, data)


def _check(profile: Profile) -> None:
    """What types cannot say."""
    if not is_id(profile.id):
        raise ValueError(f"id: {profile.id[:40]!r} cannot be the name of a file")
    if not profile.points:
        raise ValueError("points: a profile has one at least")
    if not profile.profiled.model:
        raise ValueError("model: it names none")
    quality = profile.profiled.quality
    if quality is not None and not 0 <= quality <= 100:  # noqa: PLR2004 - percent
        raise ValueError(f"quality: {quality:g} does not lie in 0..100")
    if profile.seconds < 0 or profile.profiled.busy_neighbours < 0:
        raise ValueError("seconds and busy_neighbours are 0 or more")
    _check_device(profile.profiled.device)
    for number, point in enumerate(profile.points):
        for told in _problems(point):
            raise ValueError(f"points[{number}] (batch {point.batch}): {told}")


def _check_device(device: DeviceKind) -> None:
    for name in ("cores", "price_per_hour", "watts"):
        value = getattr(device, name)
        if value is not None and value > _MOST:
            raise ValueError(f"device.{name}: {value:g} is more than any device has")


def _problems(point: ProfilePoint) -> Iterator[str]:
    if point.batch > MAX_BATCH:
        yield f"mini-batches of more than {MAX_BATCH} images are not read"
    if point.size is not None and max(point.size.width, point.size.height) > _WIDEST:
        yield f"size: {point.size} is no size of images"
    for name in ("latency_s", "warm_up_s"):
        moment = getattr(point, name)
        if moment is not None and moment.mean < _SHORTEST_S:
            yield f"{name}: a time is above 0, got {moment.mean:g} s"
    for name in ("latency_s", "warm_up_s", "load_s", "energy_j"):
        moment = getattr(point, name)
        if moment is not None and max(_figures(moment)) > _LONGEST_S:
            yield f"{name}: {moment.mean:g} is beyond what is read, {_LONGEST_S:g}"
    for name in ("peak_bytes", "sampled_peak_bytes", "longest_s"):
        value = getattr(point, name)
        if value is not None and not 0 <= value < _LARGEST:
            yield f"{name} is 0 or more, got {value:g}"


def _figures(moment: Moment) -> tuple[float, ...]:
    return moment.mean, moment.within, moment.between or 0.0, moment.apart or 0.0


def _with_nearest(text: str) -> str:
    """A complaint about an unknown key, with the known one that is most like it."""
    found = _UNKNOWN.fullmatch(text)
    if found is None:
        return text
    key = re.split(r"[.\]]", found["place"])[-1]
    near = nearest(key[:80], found["known"].split(", "))
    hint = f"did you mean {near[0]}?" if near else f"known are {found['known']}"
    return f"{found['place']}: unknown key, {hint}"


def _check_numbers(data: Any) -> None:
    """Raise for a whole number beyond 64 bits: no amount is so large, and arithmetic would fail on it later."""
    if isinstance(data, int) and abs(data) >= _LARGEST:
        raise ValueError(f"{str(data)[:20]}... is too large a number")
    for each in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        _check_numbers(each)


# --- text -------------------------------------------------------------------------------------------------------------


def _mapping(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"more than {MAX_CHARACTERS:,} characters are no profile")
    try:
        data = _json(text) if text.lstrip().startswith("{") else _yaml(text)
    except RecursionError:
        raise ValueError("values are nested too deeply") from None
    if not isinstance(data, dict):
        held = "nothing" if data is None else type(data).__name__
        raise ValueError(f"it holds {held}, not the keys of a profile")  # noqa: TRY004 - a text is wrong, no type
    _check_numbers(data)
    return {str(key): value for key, value in data.items()}


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:40]} is there twice")
        found[key] = value
    return found


def _yaml(text: str) -> Any:
    """YAML without what could blow up, and without a key that is there twice, which would hide a slip."""
    import yaml

    if len(text) > _YAML_CHARACTERS:
        raise ValueError(f"more than {_YAML_CHARACTERS:,} characters of YAML are not read: write it as JSON")
    try:
        _check_events(yaml.parse(text, Loader=yaml.SafeLoader))
        _check_keys(yaml.compose(text, Loader=yaml.SafeLoader))
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())[:300]}") from None


def _check_events(events: Iterable[Any]) -> None:
    """Raise for aliases, of which few lines can make millions, and for deep nesting, before anything is built."""
    depth = 0
    for event in events:
        name = type(event).__name__
        depth += name.endswith(("SequenceStartEvent", "MappingStartEvent"))
        depth -= name.endswith(("SequenceEndEvent", "MappingEndEvent"))
        if depth > _DEEPEST:
            raise ValueError("values are nested too deeply")
        if name == "AliasEvent":
            raise ValueError("aliases (*name) are not read: write the values out")


def _check_keys(node: Any) -> None:
    """Raise for a key that is there twice in one mapping; nodes are scalars, or hold pairs or a list of nodes."""
    inside = getattr(node, "value", None)
    if not isinstance(inside, list):
        return
    names: dict[str, int] = {}
    for item in inside:
        pair = item if isinstance(item, tuple) else (item,)
        if len(pair) > 1:
            _count(pair[0], names)
        for each in pair:
            _check_keys(each)


def _count(key: Any, names: dict[str, int]) -> None:
    name, line = str(key.value), key.start_mark.line + 1
    if isinstance(key.value, str) and name in names:
        raise ValueError(f"line {line}: the key {name[:40]} is on line {names[name]} already")
    names[name] = line
