"""API keys: their secrets, hashes and rights."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ForbiddenError, UsageError
from vedette.rules.access.rights import check_hash, check_name, demand, hash_of, known, secret_of
from vedette.values.serving import Key, Right


def key(name: str, secret: str, *rights: Right) -> Key:
    return Key(name, hash_of(secret), frozenset(rights))


def test_a_hash_is_that_of_the_standard():
    """The hash of `abc` is the example of FIPS 180-2."""
    assert hash_of("abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.binary(min_size=32, max_size=32))
def test_secrets_fit_into_a_header_and_lose_nothing(random):
    """A secret is plain ASCII without blanks, and different bytes give different secrets."""
    secret = secret_of(random)

    assert secret.isascii()
    assert secret.isprintable()
    assert " " not in secret
    assert secret != secret_of(bytes([random[0] ^ 1, *random[1:]]))
    assert check_hash(hash_of(secret)) == "sha256:" + hashlib.sha256(secret.encode()).hexdigest()


@given(st.text())
def test_any_text_is_compared(text):
    """Whatever a caller sends as a secret, even broken Unicode, is only not known."""
    assert known(text, [key("a", secret_of(bytes(32)), Right.INFER)]) is None


def test_every_key_is_found_wherever_it_stands():
    """Each of several secrets finds its own key; another finds none, and without keys there is none."""
    secrets = [secret_of(os.urandom(32)) for _ in range(5)]
    keys = [key(f"k{number}", secret, Right.INFER) for number, secret in enumerate(secrets)]

    assert [known(secret, keys) for secret in secrets] == keys
    assert known(hash_of(secrets[0]), keys) is None
    assert known(secrets[0], []) is None


def test_every_key_is_compared(monkeypatch):
    """The search does not end at the first hit: its time says nothing about which key it was."""
    compared = []
    monkeypatch.setattr("vedette.rules.access.rights.compare_digest", lambda a, b: compared.append(b) or a == b)
    keys = [key(name, name, Right.INFER) for name in ("a", "b", "c")]

    assert known("a", keys) is keys[0]
    assert len(compared) == 3


@pytest.mark.parametrize("right", list(Right))
def test_no_right_includes_another(right):
    """A key may do what its rights say and nothing else; the refusal names key and right, not the secret."""
    (other,) = set(Right) - {right}
    demand(key("line-3", "s", right), right)
    demand(key("line-3", "s", right, other), other)

    with pytest.raises(ForbiddenError, match=f"'line-3' has no right '{other}'"):
        demand(key("line-3", "s", right), other)


@pytest.mark.parametrize("text", ["", "SHA256:" + "a" * 64, "sha256:" + "A" * 64, "a" * 64, "vdt_secret"])
def test_a_hash_of_another_form_is_refused_unseen(text):
    """The message does not repeat what may be a secret."""
    with pytest.raises(UsageError) as error:
        check_hash(text)

    assert not text or text not in error.value.message


@pytest.mark.parametrize("name", ["", "a b", "-a", "a\n", "ä", "a" * 65])
def test_names_of_keys_are_plain(name):
    """Names stand in logs: no blanks, no line ends, not too long."""
    assert check_name("line-3.camera_1") == "line-3.camera_1"
    with pytest.raises(UsageError):
        check_name(name)
