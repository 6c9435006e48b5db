"""API keys: secrets, their hashes, and which key may do what.

    32 random bytes -> secret "vdt_..." (shown once) -> "sha256:<64 hex digits>" (kept in vedette.yaml)

A slow password hash (scrypt, Argon2) protects secrets that people choose, which can be guessed from a list. These
secrets are 256 random bits: nobody can try them all, so one SHA-256 says as little about them, and costs a request
microseconds instead of a tenth of a second.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest

from vedette.errors import ForbiddenError, UsageError
from vedette.values.serving import Key, Right

SECRET_BYTES = 32
"""Random bytes of a secret."""

_PREFIX = "vdt_"  # lets scanners find a secret that was published by mistake
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HELP = "make a key with: vedette keys new NAME"


def secret_of(random: bytes) -> str:
    """The text of a secret, which fits into a header.

    Args:
        random: `SECRET_BYTES` bytes of the operating system's generator.
    """
    assert len(random) == SECRET_BYTES
    return _PREFIX + urlsafe_b64encode(random).rstrip(b"=").decode()


def hash_of(secret: str) -> str:
    """What is kept of a secret: `sha256:` and 64 hex digits over its UTF-8 bytes."""
    return "sha256:" + sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def check_hash(text: str) -> str:
    """The hash of a key as the configuration gives it.

    Raises:
        UsageError: it has another form. The text is not shown: it may be a secret that was pasted by mistake.
    """
    if _HASH.fullmatch(text) is None:
        raise UsageError(f"the hash of a key has {len(text)} signs and is not sha256:<64 hex digits>", help=_HELP)
    return text


def check_name(name: str) -> str:
    """The name of a key: it stands in logs and metrics.

    Raises:
        UsageError: it has other signs than letters, digits, dot, dash and underscore, or more than 64.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"{name[:80]!r} cannot name a key", help="take up to 64 letters, digits, dots, dashes and underscores"
        )
    return name


def known(secret: str, keys: Iterable[Key]) -> Key | None:
    """The key of a secret; None: there is none.

    Every key is compared, each in constant time, so that the time says nothing about which came near or first.
    """
    shown, found = hash_of(secret), None
    for key in keys:
        if compare_digest(shown, key.hash):
            found = key
    return found


def demand(key: Key, right: Right) -> None:
    """Let a key with the right pass. No right includes another.

    Raises:
        ForbiddenError: the key does not have it.
    """
    if right not in key.rights:
        raise ForbiddenError(
            f"key {key.name!r} has no right {right.value!r}",
            help=f"the operator adds {right.value} to the rights of this key in vedette.yaml, or take another key",
        )
