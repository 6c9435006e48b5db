"""Where a server may listen: without keys only on addresses that this machine alone reaches."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.errors import UsageError
from vedette.rules.access.networks import is_loopback


def only_loopback(addresses: Sequence[str]) -> bool:
    """Whether this machine alone reaches all of some numeric addresses; none at all means every address."""
    return bool(addresses) and all(is_loopback(address) for address in addresses)


def check_bind(host: str, addresses: Sequence[str], *, keys: bool, insecure: bool) -> None:
    """Let a host pass that may be listened on.

    Args:
        host: as the operator wrote it.
        addresses: the numeric addresses that it stands for.
        keys: whether callers must show a key.
        insecure: the operator opens the server to everybody on purpose.

    Raises:
        UsageError: other machines could use the server without a key.
    """
    if keys or insecure or only_loopback(addresses):
        return
    raise UsageError(
        f"{host or 'every address'} is reached by other machines, and no key is asked for",
        help="make a key with `vedette keys new NAME`, listen on 127.0.0.1, or open the server to all by --insecure",
    )
