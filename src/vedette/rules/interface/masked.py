"""How an address is shown: without its password and without secrets in its query; and what a shown one means."""

from __future__ import annotations

import re

from vedette.errors import InvalidError

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


def unmasked(address: str, before: str | None) -> str:
    """The address that is meant: what was read from GET and sent back unchanged means the address `before`.

    Raises:
        InvalidError: it holds *** where a secret should be, and does not stand for the address before.
    """
    if before is not None and address == masked(before):
        return before
    if HIDDEN in address and masked(address) == address:
        raise InvalidError(f"the address holds {HIDDEN} in place of a secret", help="send the secret itself")
    return address


def _hidden_login(match: re.Match[str]) -> str:
    user, colon, _ = match.group(2).partition(":")
    return f"{match[1]}{user}:{HIDDEN}@" if colon else f"{match[1]}{HIDDEN}@"
