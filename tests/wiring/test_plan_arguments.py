"""What `vedette.plan` refuses by the name of the argument."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.errors import InvalidError
from vedette.wiring.plan_arguments import check_arguments


@pytest.mark.parametrize(
    ("name", "value", "step"),
    [
        ("images", 1e3, "a whole number, 1 or more"),
        ("images", True, "a whole number, 1 or more"),
        ("images", 0, "a whole number, 1 or more"),
        ("lost", 0.5, "a whole number, 0 or more"),
        ("max_batch", 0, "a whole number, 1 or more"),
        ("max_uses", -1, "a whole number, 0 or more"),
        ("max_cost", float("nan"), "a number, 0 or more"),
        ("max_energy_wh", -1, "a number, 0 or more"),
        ("rate", "30/s", "a number, 0 or more"),
        ("devices", ["cpu:1"], "a text"),
        ("price", 0.12, "a text"),
        ("size", "640x480", "size=(width, height)"),
        ("tile", (1, 2, 3), "tile=(width, height)"),
        ("profiles", "det.yaml", "a list"),
        ("profiles", Path("det.yaml"), "a list"),
        ("profiles", 5, "a list"),
        ("model", 5, "a name, or a list of names"),
        ("model", ["det", 5], "a name, or a list of names"),
        ("one_of", "det", "a list of groups"),
        ("one_of", [5], "a list of groups"),
        ("within", True, "or seconds"),
        ("p99", ["1s"], "or seconds"),
        ("fill", 4, "a text"),
        ("images_from", 5, "the folder of your images"),
        ("profile_first", "no", "True or False"),
    ],
)
def test_argument_of_another_kind_is_told_by_its_name(name: str, value: object, step: str) -> None:
    """With the value, and what to give."""
    with pytest.raises(InvalidError) as caught:
        check_arguments({name: value})

    assert caught.value.message == f"{name}={value!r} cannot be used"
    assert step in caught.value.help


def test_what_is_meant_is_let_through() -> None:
    """Amounts may be whole numbers; what was not given is not looked at."""
    check_arguments(
        {"images": 10, "lost": 0, "rate": 30, "max_cost": 0, "size": (640, 480), "profiles": ["a"], "devices": None}
    )
    check_arguments({"model": ["a", "b"], "one_of": ["a", ["b", "c"]], "within": "20s", "p99": 0.1, "images_from": "x"})
    check_arguments({"model": (), "one_of": (), "profiles": (), "profile_first": False})
