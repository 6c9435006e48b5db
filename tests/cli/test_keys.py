"""`vedette keys`."""

from __future__ import annotations

import pytest
import yaml
from typer.testing import CliRunner

from vedette.cli.keys import app
from vedette.errors import UsageError
from vedette.rules.access.rights import known
from vedette.values.serving import Key, Right


def made(*options: str) -> tuple[str, dict]:
    """The secret, and the item of `keys:`."""
    result = CliRunner().invoke(app, ["new", *options], catch_exceptions=False)
    (item,) = yaml.safe_load("keys:\n" + result.stdout)["keys"]
    return result.stderr.splitlines()[0].removeprefix("secret: "), item


def test_the_lines_hold_the_hash_of_the_secret_only():
    """What is pasted lets the secret in that was shown, and does not show it."""
    secret, item = made("line-3")
    key = Key(item["name"], item["hash"], frozenset(Right(right) for right in item["rights"]))

    assert known(secret, [key]) is key
    assert (item["name"], item["rights"], "rate" in item) == ("line-3", ["infer"], False)
    assert secret not in str(item)


def test_rights_and_rate_are_as_asked():
    """Both rights, once each, and a rate."""
    _, item = made("ops", "--right", "admin", "--right", "INFER", "--right", "admin", "--rate", "100")

    assert (item["rights"], item["rate"]) == (["infer", "admin"], 100)


def test_two_keys_differ():
    """Secrets are drawn anew."""
    assert made("a")[0] != made("a")[0]


@pytest.mark.parametrize(
    "options", [["a b"], ["a", "--right", "root"], ["a", "--rate", "0"], ["a", "--rate", "nan"], ["a", "--rate", "inf"]]
)
def test_what_cannot_be_is_an_error_of_usage(options):
    """Names with blanks, unknown rights, rates that are none."""
    with pytest.raises(UsageError):
        CliRunner().invoke(app, ["new", *options], catch_exceptions=False)
