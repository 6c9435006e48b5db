"""File, environment and flags: which of them counts."""

from __future__ import annotations

import itertools

import pytest

from vedette.errors import UsageError
from vedette.rules.serving.precedence import Flags, options_by_name, settled
from vedette.values.serving import ModelOptions, Serving


@pytest.mark.parametrize(("in_file", "in_environment", "as_flag"), [*itertools.product([False, True], repeat=3)])
def test_file_before_environment_before_flag(*, in_file: bool, in_environment: bool, as_flag: bool) -> None:
    """The last of the three that says something counts, whatever the others say."""
    file = Serving(host="file", port=1, grpc_port=11) if in_file else Serving()
    environment = {"VEDETTE_HOST": "env", "VEDETTE_PORT": "2", "VEDETTE_GRPC_PORT": "12"} if in_environment else {}
    flags = Flags(host="flag", port=3, grpc_port="13") if as_flag else Flags()

    found = settled(file, environment, flags)

    said = [("127.0.0.1", 8000, 8001)]
    said += [("file", 1, 11)] * in_file + [("env", 2, 12)] * in_environment + [("flag", 3, 13)] * as_flag
    assert (found.host, found.port, found.grpc_port) == said[-1]


def test_each_setting_is_settled_for_itself() -> None:
    """A flag for the port leaves the host of the file as it is; an empty variable says nothing."""
    found = settled(Serving(host="h", insecure=True), {"VEDETTE_HOST": "", "OTHER": "x"}, Flags(port=0))

    assert (found.host, found.port, found.insecure) == ("h", 0, True)


@pytest.mark.parametrize("flags", [Flags(grpc_port="off"), Flags(grpc_port=" OFF ")])
def test_off_means_no_grpc(flags: Flags) -> None:
    """The word off closes the port of gRPC, as a flag and in the environment."""
    assert settled(Serving(), {}, flags).grpc_port is None
    assert settled(Serving(), {"VEDETTE_GRPC_PORT": "off"}, Flags()).grpc_port is None


def test_models_of_flags_keep_what_the_file_says_of_them() -> None:
    """--model chooses among those of the file, and adds those that it does not have, each once."""
    described = ModelOptions("a", max_batch=2)
    serving = Serving(models=(described, ModelOptions("b")))

    assert settled(serving, {}, Flags(models=("c", "a", "c"))).models == (ModelOptions("c"), described)
    assert settled(serving, {}, Flags()).models == serving.models


def test_repository_and_insecure_come_from_flags() -> None:
    """--models names the folder, --insecure opens the server."""
    found = settled(Serving(repository="a"), {}, Flags(repository="b", insecure=True))

    assert (found.repository, found.insecure) == ("b", True)


@pytest.mark.parametrize("text", ["x", "-1", "65536", "80.0", "\u0663", " ", "9" * 5000])
def test_what_is_no_port_is_refused_by_its_name(text: str) -> None:
    """The message names the variable or the flag."""
    with pytest.raises(UsageError, match=r"VEDETTE_PORT .* is no port"):
        settled(Serving(), {"VEDETTE_PORT": text}, Flags())
    with pytest.raises(UsageError, match=r"--grpc-port .* is no port"):
        settled(Serving(), {}, Flags(grpc_port=text))


def test_a_bare_name_leaves_a_model_to_its_own_description() -> None:
    """Only an entry that says more goes before what config.pbtxt says."""
    said = ModelOptions("b", max_batch=2)

    assert options_by_name((ModelOptions("a"), said)) == {"b": said}
