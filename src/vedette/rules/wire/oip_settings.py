"""Trace and log settings in Triton's form: told as they are, changed only by the operator's configuration.

Source: Triton's extensions "Trace" and "Logging".
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from vedette.errors import UnsupportedError


def trace_settings() -> dict[str, Any]:
    """Traces in Triton's form are off, whatever OpenTelemetry does."""
    return {"trace_level": ["OFF"], "trace_file": "", "trace_mode": "triton"}


def log_settings(level: int) -> dict[str, Any]:
    """What a log shows at a level of Python's logging; it goes to the standard error stream, never to a file."""
    return {
        "log_file": "",
        "log_info": level <= logging.INFO,
        "log_warning": level <= logging.WARNING,
        "log_error": level <= logging.ERROR,
        "log_verbose_level": int(level <= logging.DEBUG),
        "log_format": "default",
    }


def check_unchanged(current: Mapping[str, Any], wished: Mapping[str, Any], where: str) -> None:
    """Raise UnsupportedError unless every setting that is wished is as it is now; None stands for the default.

    Args:
        current: the settings.
        wished: by name.
        where: the next step of somebody who wants another one.
    """
    for key, value in wished.items():
        alike = value is None or (key in current and _same(current[key], value))
        if not alike:
            raise UnsupportedError(f"the setting {key[:60]!r} cannot be changed here", help=where)


def _same(current: Any, value: Any) -> bool:
    return bool(current == value) or (isinstance(current, list) and current == [value])
