"""Price files: the sample that is shipped, and every way to get one wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.config.prices import SHIPPED, read_prices, tariff_of
from vedette.errors import NotFoundError, UsageError
from vedette.rules.capacity.cost import Tariff
from vedette.values.device import Billing

RIGHT = """devices:
  gpu:
    title: a card
    price_per_hour: 1.25
    currency: EUR
    billing: hour
    watts_per_core: 12
    source: a test
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "prices.yaml"
    file.write_text(text)
    return file


def test_the_shipped_sample_is_right_and_names_its_sources() -> None:
    """It holds the price of the thesis; what is assumed says so."""
    tariffs = read_prices()

    assert tariffs["gpu-rtx"].price_per_hour == 1.25
    assert tariffs["gpu-rtx"].currency == "EUR"
    assert "2022" in tariffs["gpu-rtx"].source
    assert all("assumption, replace it" in one.source or "2022" in one.source for one in tariffs.values())
    assert SHIPPED.name in {path.name for path in SHIPPED.parent.iterdir()}


def test_a_file_becomes_tariffs(tmp_path: Path) -> None:
    """Every key in its place."""
    assert read_prices(written(tmp_path, RIGHT)) == {
        "gpu": Tariff("gpu", "a card", 1.25, "EUR", Billing.HOUR, 12.0, "a test")
    }


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (RIGHT.replace("price_per_hour", "price_per_our"), "price_per_our: unknown key, did you mean price_per_hour?"),
        (RIGHT.replace("price_per_hour", "price_per_our"), "devices.gpu.price_per_hour: missing"),
        (RIGHT.replace("devices", "device"), "device: unknown key, did you mean devices?"),
        (RIGHT.replace("1.25", "-1"), "devices.gpu.price_per_hour: -1: expected greater than or equal to 0"),
        (RIGHT.replace("1.25", "cheap"), "devices.gpu.price_per_hour: 'cheap': expected a number"),
        (RIGHT.replace("1.25", "yes"), "devices.gpu.price_per_hour: True: "),
        (RIGHT.replace("1.25", ".nan"), "devices.gpu.price_per_hour: nan: "),
        (RIGHT.replace("12", "0"), "devices.gpu.watts_per_core: 0: expected greater than 0"),
        (RIGHT.replace("hour\n    watts", "day\n    watts"), "devices.gpu.billing: 'day': expected 'second' or 'hour'"),
        (RIGHT.replace("EUR", "euro"), "devices.gpu.currency: 'euro': "),
        (RIGHT.replace("    source: a test\n", ""), "devices.gpu.source: missing"),
        ("devices: {}\n", "devices: {}: "),
        ("devices: [1]\n", "devices: [1]: expected keys and values"),
        ("just text\n", "holds 'just text', not keys and values"),
        ("", "prices.yaml is empty"),
        ("devices: [\n", "is not YAML"),
    ],
)  # fmt: skip
def test_a_wrong_file_says_where_and_what(tmp_path: Path, wrong: str, told: str) -> None:
    """With the file's name, and a next step."""
    file = written(tmp_path, wrong)

    with pytest.raises(UsageError) as error:
        read_prices(file)
    assert told in error.value.message
    assert str(file) in error.value.message
    assert "sample" in error.value.help


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    """A path that is wrong, a folder, bytes."""
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(NotFoundError, match="no price file"):
        read_prices(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        read_prices(tmp_path)
    with pytest.raises(UsageError, match="is not YAML"):
        read_prices(tmp_path / "bytes.yaml")


def test_a_device_that_is_not_in_the_file_lists_those_that_are() -> None:
    """And offers the nearest."""
    with pytest.raises(NotFoundError) as error:
        tariff_of(read_prices(), "gpu-rtxx")
    assert "gpu-rtx, cpu-2-cores, cpu-2-cores-hourly" in error.value.message
    assert "did you mean gpu-rtx?" in error.value.help
    assert tariff_of(read_prices(), "gpu-rtx").device == "gpu-rtx"
