"""Plans and their verifications as JSON, a file each, written whole or not at all.

    <root>/<plan id>.json                                 {"schema": "vedette.plan/1", "id": ..., "demand": {...}, ...}
    <root>/verifications/<plan id>-<number>.json          {"schema": "vedette.verification/1", "plan": ..., ...}

Every field of `Plan` and `Verification` is there under its own name. Files that are damaged, newer or foreign are named
and left out of lists.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from vedette.adapters.store.record import RecordError, from_data, to_data
from vedette.adapters.store.room import write_error
from vedette.errors import InvalidError, NotFoundError, UnavailableError, VedetteError
from vedette.rules.capacity.consistency import inconsistencies
from vedette.rules.zoo.names import nearest
from vedette.values.plan import SCHEMA, Plan
from vedette.values.verification import Verification

VERIFICATION_SCHEMA = "vedette.verification/1"
LAST = "last"
"""The name under which the newest plan is found."""

_SUFFIX = ".json"
_VERIFICATIONS = "verifications"
_AGAIN = "restore the file from a copy, or plan again"

Value = TypeVar("Value", Plan, Verification)


@dataclass(frozen=True, slots=True)
class PlanFolder:
    """Where plans are kept; the folder is made with the first of them."""

    root: Path

    def put(self, plan: Plan) -> Path:
        """Keep a plan under its id; one of the same id is replaced.

        Raises:
            InvalidError: its id cannot be the name of a file.
            ExhaustedError: there is no room.
            UnavailableError: it cannot be written.
        """
        if not _is_file_name(plan.id):
            raise InvalidError(f"{plan.id!r} cannot be the name of a plan", help="take letters, digits and hyphens")
        file = self.root / f"{plan.id}{_SUFFIX}"
        _write(file, _text(SCHEMA, plan), replace=True)
        return file

    def get(self, name: str) -> Plan:
        """The plan of an id, the start of one that no other has, `last`, or a file's path.

        Raises:
            NotFoundError: no plan, or several, have that name.
            InvalidError: its file is damaged.
        """
        if name.endswith(_SUFFIX) or os.sep in name:
            return _read_plan(Path(name).expanduser())
        if name == LAST:
            return self.newest()
        files = {file.stem: file for file in self._files(self.root)}
        matches = [name] if name in files else [one for one in files if name and one.startswith(name)]
        if len(matches) == 1:
            return _read_kept(files[matches[0]])
        if matches:
            raise NotFoundError(f"{len(matches)} plans begin with {name}", help=f"name one: {', '.join(matches)}")
        raise self._unknown(name, files)

    def newest(self) -> Plan:
        """The plan that was made last.

        Raises:
            NotFoundError: there is none that can be read.
        """
        plans, _ = self.all()
        if not plans:
            raise NotFoundError(f"no plan is in {self.root}", help="make one with `vedette plan deadline`")
        return plans[-1]

    def all(self) -> tuple[tuple[Plan, ...], tuple[str, ...]]:
        """Every plan, oldest first, and a sentence for each file that cannot be used."""
        plans, problems = _readable(self._files(self.root), _read_kept)
        return tuple(sorted(plans, key=lambda plan: (plan.created, plan.id))), problems

    def put_verification(self, verification: Verification) -> Path:
        """Keep a verification beside those that the plan has already.

        Raises:
            ExhaustedError: there is no room.
            UnavailableError: it cannot be written.
        """
        text = _text(VERIFICATION_SCHEMA, verification)
        for number in count(1):
            file = self.root / _VERIFICATIONS / f"{verification.plan}-{number}{_SUFFIX}"
            if not file.exists() and _write(file, text, replace=False):
                return file
        raise AssertionError("numbers do not end")

    def verifications(self, plan: str | None = None) -> tuple[tuple[Verification, ...], tuple[str, ...]]:
        """Those of a plan's id, or all: oldest first, and a sentence for each file that cannot be used."""
        found, problems = _readable(self._files(self.root / _VERIFICATIONS), _read_verification)
        wanted = [one for one in found if plan is None or one.plan == plan]
        return tuple(sorted(wanted, key=lambda one: one.created)), problems

    def _files(self, folder: Path) -> list[Path]:
        try:
            return sorted(file for file in folder.iterdir() if file.suffix == _SUFFIX and not file.name.startswith("."))
        except OSError:
            return []

    def _unknown(self, name: str, known: dict[str, Path]) -> NotFoundError:
        if not known:
            step = "make one with `vedette plan deadline`"
        else:
            near = nearest(name, known) or tuple(sorted(known)[-3:])
            step = f"did you mean {' or '.join(near)}? `vedette plan list` shows all"
        return NotFoundError(f"no plan in {self.root} is named {name!r}", help=step)


# --- files ------------------------------------------------------------------------------------------------------------


def _text(schema: str, value: Plan | Verification) -> str:
    return json.dumps({"schema": schema, **to_data(value)}, indent=2, allow_nan=False) + "\n"


def _write(file: Path, text: str, *, replace: bool) -> bool:
    """Write a file whole; False where it is there already and may not be replaced."""
    part: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
        part = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        part.chmod(0o644)
        if not replace and not _reserved(file):
            return False
        part.replace(file)
    except OSError as error:
        raise write_error(file, error, "what was there before is unchanged") from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return True


def _reserved(file: Path) -> bool:
    """Take a name; False where it is taken already."""
    try:
        file.touch(0o644, exist_ok=False)
    except FileExistsError:
        return False
    return True


def _is_file_name(plan: str) -> bool:
    """Whether an id stays within the folder: files are named after it."""
    return bool(plan) and plan == Path(plan).name and not plan.startswith(".") and "\0" not in plan


def _readable(files: list[Path], read: Callable[[Path], Value]) -> tuple[list[Value], tuple[str, ...]]:
    found, problems = list[Value](), list[str]()
    for file in files:
        try:
            found.append(read(file))
        except VedetteError as error:
            problems.append(error.message)
    return found, tuple(problems)


def _read_kept(file: Path) -> Plan:
    """A plan of the folder: its file has its name, so that no other plan answers to it."""
    plan = _read_plan(file)
    if plan.id != file.stem:
        raise InvalidError(f"{file} holds the plan {plan.id}", help=f"rename it to {plan.id}{_SUFFIX}")
    return plan


def _read_plan(file: Path) -> Plan:
    plan = _read(file, SCHEMA, Plan)
    if not _is_file_name(plan.id):
        raise InvalidError(f"{file}: id: {plan.id!r} cannot be the name of a plan", help=_AGAIN)
    if found := inconsistencies(plan):
        raise InvalidError(f"{file}: {'; '.join(found)}", help=_AGAIN)
    return plan


def _read_verification(file: Path) -> Verification:
    return _read(file, VERIFICATION_SCHEMA, Verification)


def _read(file: Path, schema: str, kind: type[Value]) -> Value:
    try:
        data: Any = json.loads(file.read_bytes(), parse_constant=_no_constant)
    except FileNotFoundError:
        raise NotFoundError(
            f"there is no file {file}", help="`vedette plan list` shows the plans that are kept"
        ) from None
    except OSError as error:
        raise UnavailableError(f"{file} cannot be read: {error.strerror}", help="check its rights") from None
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{file} is not JSON: {error}", help=_AGAIN) from None
    found = data.pop("schema", None) if isinstance(data, dict) else None
    if found != schema:
        _refuse(file, found, schema)
    try:
        return from_data(kind, data)
    except RecordError as error:
        raise InvalidError(f"{file}: {error}", help=_AGAIN) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _refuse(file: Path, found: Any, schema: str) -> NoReturn:
    if isinstance(found, str) and found.partition("/")[0] == schema.partition("/")[0]:
        raise InvalidError(
            f"{file} is of schema {found}, this Vedette reads {schema}", help="install the Vedette that wrote it"
        )
    raise InvalidError(f"{file} has the schema {found!r}, not {schema}", help="name a file that `vedette plan` wrote")
