"""The kinds of values in `vedette.yaml`: each reads what an operator writes, or says what it expects.

A bare number of a key whose name ends in `_s`, `_ms` or `_bytes` has that unit; a text brings its own: `45ms`, `64MiB`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from vedette.adapters.config.layout import is_version
from vedette.errors import UsageError
from vedette.rules.access.hosts import parse_pattern
from vedette.rules.access.rights import check_hash, check_name
from vedette.rules.serving.units import bytes_of, seconds_of
from vedette.rules.zoo.names import SERVED_NAME_RULE, is_served_name
from vedette.values.execution import Precision, RuntimeName
from vedette.values.serving import VersionPolicy

_STAGE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_VERSIONS = "latest, latest 2, all, or a list of versions as [1, 3]"
_HIGHEST_PORT = 65535
T = TypeVar("T")


def _of_text(read: Callable[[str], float]) -> Callable[[object], object]:
    """Texts are read; numbers stay as they are."""
    return lambda value: read(value) if isinstance(value, str) else value


def _never(value: object) -> object:
    """`never`, or YAML's `off`, is None."""
    if value is False or value in ("never", "off"):
        return None
    return seconds_of(value) if isinstance(value, str) else value


def _no_port(value: object) -> object:
    return None if value is False or value in ("off", "none") else value


def _auto(value: object) -> object:
    return None if value == "auto" else value


def _list(value: object) -> object:
    """One text stands for a list of it."""
    return [value] if isinstance(value, str) else value


def _entry(value: object) -> object:
    """A bare name stands for a model with every default."""
    return {"name": value} if isinstance(value, str) else value


def _versions(value: object) -> VersionPolicy:
    if value == "all":
        return VersionPolicy(latest=None)
    if isinstance(value, str):
        match = re.fullmatch(r"latest(?:\s+([1-9][0-9]{0,5}))?", value.strip())
        if match is not None:
            return VersionPolicy(latest=int(match[1] or 1))
    numbers = value if isinstance(value, list) else [value]
    texts = [str(number) for number in numbers if not isinstance(number, bool)]
    if len(texts) != len(numbers) or not texts or not all(is_version(text) for text in texts):
        raise ValueError(_VERSIONS)
    return VersionPolicy(latest=None, only=tuple(dict.fromkeys(texts)))


def _stage(value: str) -> str:
    if _STAGE.fullmatch(value) is None:
        raise ValueError("the place of a class as module:Class")
    return value


def _name(value: str) -> str:
    if not is_served_name(value):
        raise ValueError(SERVED_NAME_RULE)
    return value


def _key_name(value: str) -> str:
    try:
        return check_name(value)
    except UsageError as error:
        raise ValueError(error.help.removeprefix("take ")) from None


def _key_hash(value: str) -> str:
    try:
        return check_hash(value)
    except UsageError:
        raise ValueError("sha256: and 64 hex digits, as `vedette keys new NAME` prints it") from None


def _host_pattern(value: str) -> str:
    try:
        parse_pattern(value)
    except UsageError as error:
        raise ValueError(error.help.removeprefix("write ")) from None
    return value


def _path(value: str, info: ValidationInfo) -> str:
    """Relative paths count from the folder of the file."""
    if not value.strip() or "\0" in value or "\n" in value:
        raise ValueError("a path")
    folder = (info.context or {}).get("folder") or Path()
    try:
        return str((folder / Path(value).expanduser()).absolute())
    except RuntimeError:  # ~name of a user who is not there
        raise ValueError("a path of a user who is there") from None


def _address(value: str) -> str:
    if not value.strip() or value != value.strip() or any(ord(sign) < ord(" ") for sign in value):
        raise ValueError("an address as file:///data/in, https://host/path or rtsp://host/stream")
    return value


def _origin(value: str) -> str:
    try:
        parts = urlsplit(value)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise ValueError("an address as http://127.0.0.1:4318")
    return value


Bytes = Annotated[int, Field(strict=True, ge=1, le=2**50), BeforeValidator(_of_text(bytes_of))]
Seconds = Annotated[float, Field(strict=True, gt=0, le=1e9), BeforeValidator(_of_text(seconds_of))]
MaybeSeconds = Annotated[Annotated[float, Field(strict=True, gt=0, le=1e9)] | None, BeforeValidator(_never)]
Milliseconds = Annotated[
    float, Field(strict=True, gt=0, le=1e9), BeforeValidator(_of_text(lambda text: 1000 * seconds_of(text)))
]
Count = Annotated[int, Field(strict=True, ge=1, le=2**50)]
Port = Annotated[int, Field(strict=True, ge=0, le=_HIGHEST_PORT)]
GrpcPort = Annotated[Port | None, BeforeValidator(_no_port)]
RuntimeWish = Annotated[RuntimeName | None, BeforeValidator(_auto)]
PrecisionWish = Annotated[Precision | None, BeforeValidator(_auto)]
Versions = Annotated[Any, BeforeValidator(_versions)]
Name = Annotated[str, AfterValidator(_name)]
StageName = Annotated[str, AfterValidator(_stage)]
KeyName = Annotated[str, AfterValidator(_key_name)]
KeyHash = Annotated[str, AfterValidator(_key_hash)]
PathText = Annotated[str, AfterValidator(_path)]
Address = Annotated[str, AfterValidator(_address)]
HostText = Annotated[str, AfterValidator(_host_pattern)]
Origin = Annotated[str, AfterValidator(_origin)]
Listed = Annotated[tuple[T, ...], BeforeValidator(_list)]
ModelEntry = BeforeValidator(_entry)
UpperCase = BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)
