"""`run.json`: the document of a run as text, and back.

    {"schema": "vedette.run/1", "spec_sha256": "...", "id": ..., "started": ..., "spec": {...}, "summary": {...}, ...}

Every field of `Run` is in it under its own name. The hash of the spec is checked when it is read, so that a figure is
never shown beside a load that was edited afterwards.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, NoReturn

from vedette.adapters.store.record import RecordError, from_data, to_data
from vedette.errors import InternalError, InvalidError
from vedette.values.run import Run
from vedette.values.trial import TrialSpec

SCHEMA = "vedette.run/1"
_EXACT = 2**53
"""Below it a whole number of type float can be written as an integer and back."""


def spec_hash(spec: TrialSpec) -> str:
    """SHA-256 of the spec as canonical JSON (keys sorted, no spaces, 50.0 written as 50): equal specs, equal hash.

    Raises:
        InvalidError: the spec holds a number that is not finite where there must be one.
    """
    try:
        return _digest(to_data(spec, "spec"))
    except RecordError as error:
        raise InvalidError(f"a load that cannot be stored: {error}", help="give finite numbers") from None


def write_document(run: Run) -> str:
    """The text of `run.json`, indented for people.

    Raises:
        InternalError: a figure that must be there is not a finite number.
    """
    try:
        data = to_data(run)
    except RecordError as error:
        raise InternalError(
            f"run {run.id} cannot be stored: {error}", help="this is a mistake in Vedette: report it with the command"
        ) from None
    document = {"schema": SCHEMA, "spec_sha256": _digest(data["spec"]), **data}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def read_document(text: str, where: str) -> Run:
    """The run that a text describes; `where` names its file in messages.

    Raises:
        InvalidError: it is damaged, changed, or of another schema.
    """
    data = _object(text, where)
    schema = data.pop("schema", None)
    if schema != SCHEMA:
        _refuse_schema(schema, where)
    told = data.pop("spec_sha256", None)
    try:
        run = from_data(Run, data)
    except RecordError as error:
        raise InvalidError(f"{where}: {error}", help=_AGAIN) from None
    if told != _digest(data["spec"]):
        raise InvalidError(
            f"{where}: the spec does not match its spec_sha256: it was changed after the run",
            help="restore the file, or measure again",
        )
    return run


_AGAIN = "restore the file from a copy, or measure again with `vedette bench run`"


def _object(text: str, where: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidError(f"{where} is not JSON: {error.msg} at {place}", help=_AGAIN) from None
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{where} is not JSON that can be read: {error}", help=_AGAIN) from None
    if not isinstance(data, dict):
        raise InvalidError(f"{where} holds {type(data).__name__}, not the document of a run", help=_AGAIN)
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _refuse_schema(schema: Any, where: str) -> NoReturn:
    if isinstance(schema, str) and schema.startswith("vedette.run/"):
        raise InvalidError(
            f"{where} is of schema {schema}, this Vedette reads {SCHEMA}", help="install the Vedette that wrote it"
        )
    raise InvalidError(
        f"{where} is no document of a run: its schema is {schema!r}, not {SCHEMA}",
        help="name a folder that `vedette bench run` made",
    )


def _digest(data: Any) -> str:
    text = json.dumps(_canonical(data), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _canonical(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _canonical(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_canonical(value) for value in data]
    if isinstance(data, float) and data.is_integer() and abs(data) < _EXACT:
        return int(data)
    return data
