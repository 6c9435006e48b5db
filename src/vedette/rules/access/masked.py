"""How an address is shown: without its password and without secrets in its query."""

from __future__ import annotations

import re

HIDDEN = "***"

_LOGIN = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)@")
_SECRET = re.compile(
    r"(?i)([?&#;](?:[^=&#;]*(?:token|password|passwd|secret|signature|credential|apikey|api_key|api-key)[^=&#;]*"
    r"|key|sig|auth|code|pwd)=)[^&#;]*"
)


def masked(address: str) -> str:
    """An address as it may be shown: *** in place of its password and of the secrets in its query.

    A user name without a password may itself be a token, and is hidden too.
    """
    return _SECRET.sub(rf"\g<1>{HIDDEN}", _LOGIN.sub(_hidden_login, address))


def _hidden_login(match: re.Match[str]) -> str:
    user, colon, _ = match.group(2).partition(":")
    return f"{match[1]}{user}:{HIDDEN}@" if colon else f"{match[1]}{HIDDEN}@"
