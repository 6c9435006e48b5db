"""What an address that was shown without its secrets means when it comes back."""

from __future__ import annotations

from vedette.errors import InvalidError
from vedette.rules.access.masked import HIDDEN, masked


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
