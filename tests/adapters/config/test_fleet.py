"""`--devices`: a line, or a fleet file."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.config.fleet import Devices, Price, parse_price, read_devices
from vedette.errors import NotFoundError, UsageError, VedetteError
from vedette.values.device import Billing, DeviceKind, Fleet, Stock


def written(folder: Path, text: str) -> str:
    file = folder / "fleet.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_each_core_of_this_machine_is_a_device_unless_told() -> None:
    """As many as the process may use."""
    assert read_devices(None, 3) == Devices(Fleet((Stock(DeviceKind("cpu:1"), 3),)))


def test_equal_devices_are_counted() -> None:
    """However their share is written."""
    found = read_devices("cpu:1, cpu:0.5,cpu:1.0,cpu,CPU:0.50", 2)

    assert found.fleet.stocks == (Stock(DeviceKind("cpu:1"), 3), Stock(DeviceKind("cpu:0.5", 0.5), 2))
    assert found.fleet.count == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "'' is no device"),
        ("cpu:1,,cpu:1", "'' is no device"),
        ("cpu:0", "share of the cores above 0"),
        ("cpu:-1", "'cpu:-1' is no device"),
        ("cpu:nan", "'cpu:nan' is no device"),
        ("gpu", "'gpu' is no device"),
        ("2", "did you mean cpu:2?"),
        ("cpu:" + "9" * 400, "share of the cores above 0"),
    ],
)
def test_what_is_no_device_is_told_with_its_text(text, told) -> None:
    """The message has the word, the help how it is written."""
    with pytest.raises(UsageError) as caught:
        read_devices(text, 2)

    assert told in str(caught.value)
    assert "cpu:" in caught.value.help


def test_a_fleet_file_has_everything_that_is_known_of_a_device(tmp_path) -> None:
    """Name, count, memory, price, billing, power, and the profile of one that is not owned."""
    text = """
devices:
  - {name: cpu:0.5, count: 4, memory: 1GB, price_per_hour: 0.12, billing: hour, watts: 7}
  - {name: edge-box, profile: boxes/edge.yaml, price_per_hour: 1}
"""
    found = read_devices(written(tmp_path, text), 2)

    assert found.fleet.stocks == (
        Stock(DeviceKind("cpu:0.5", 0.5, 10**9, 0.12, "EUR", Billing.HOUR, 7.0), 4),
        Stock(DeviceKind("edge-box", None, None, 1.0), 1),
    )
    assert found.profiles == (tmp_path / "boxes/edge.yaml",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("devices: []", "devices: the list is empty"),
        ("", "fleet.yaml is empty"),
        ("- cpu:1", "holds a list, not keys and values"),
        ("5", "holds 5, not keys and values"),
        ("devices: [5]", "devices.0: 5: expected keys and values"),
        ("devices: cpu:1", "devices: 'cpu:1': expected a list"),
        ("devices: [{name: cpu:1, watts: lots}]", "devices.0.watts: 'lots': expected a number"),
        ("devices: [{name: cpu:1, currency: EURO}]", "devices.0.currency: 'EURO': expected three capital letters"),
        ("{", "is not YAML"),
        ("devices: [{name: cpu:1, pris_per_hour: 1}]", "unknown key, did you mean price_per_hour?"),
        ("device: [{name: cpu:1}]", "unknown key, did you mean devices?"),
        ("devices: [{count: 1}]", "devices.0.name: missing"),
        ("devices: [{name: cpu:1, count: 0}]", "devices.0.count: 0: expected greater than or equal to 1"),
        ("devices: [{name: cpu:1, memory: 5}]", "devices.0.memory: 5: expected a text"),
        ("devices: [{name: cpu:1, memory: 5 parsecs}]", "a number with B, kB, MB"),
        ("devices: [{name: cpu:1, price_per_hour: -1}]", "devices.0.price_per_hour: -1"),
        ("devices: [{name: cpu:1, price_per_hour: .nan}]", "devices.0.price_per_hour: nan"),
        ("devices: [{name: cpu:1, billing: month}]", "devices.0.billing: 'month'"),
        ("devices: [{name: 'a b'}]", "devices.0.name: 'a b'"),
        ("devices: [{name: cpu:1}, {name: cpu:1}]", "cpu:1 stands there twice"),
        ("devices: [{name: cpu:0}]", "share of the cores above 0"),
        ("devices: [{name: a, memory: 0B}]", "memory limit is above 0"),
    ],
)
def test_a_wrong_fleet_file_is_told_with_the_place_and_what_is_expected(text, told, tmp_path) -> None:
    """No traceback, no key that is ignored."""
    with pytest.raises(UsageError) as caught:
        read_devices(written(tmp_path, text), 2)

    assert told in str(caught.value)
    assert "fleet.yaml" in str(caught.value)


def test_all_problems_of_a_fleet_file_are_told_at_once(tmp_path) -> None:
    """One run tells everything."""
    with pytest.raises(UsageError, match="2 problems"):
        read_devices(written(tmp_path, "devices: [{name: cpu:1, count: -1, wats: 3}]"), 2)


def test_a_fleet_file_that_is_not_there_is_not_found(tmp_path) -> None:
    """A folder in its place cannot be read either."""
    with pytest.raises(NotFoundError, match="no fleet file"):
        read_devices(str(tmp_path / "none.yaml"), 2)
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        read_devices(str(tmp_path / "folder.yaml"), 2)


@given(st.text(max_size=200))
def test_no_text_crashes_the_reader(tmp_path_factory, text) -> None:
    """Every refusal is one of Vedette's errors."""
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    for devices in (text, str(file), f"{text}.yaml"):
        with suppress(VedetteError):
            assert read_devices(devices, 2).fleet.count


def test_a_price_that_no_device_needs_is_refused(tmp_path: Path) -> None:
    """It would be ignored; with one device that lacks it, it is that one's."""
    file = tmp_path / "fleet.yaml"
    file.write_text("devices: [{name: cpu:1, price_per_hour: 1}]", encoding="utf-8")

    with pytest.raises(UsageError, match="is of no use: every device of") as caught:
        read_devices(str(file), 2, Price(0.5))

    assert caught.value.help
    file.write_text("devices: [{name: cpu:1, price_per_hour: 1}, {name: cpu:0.5}]", encoding="utf-8")
    prices = [stock.kind.price_per_hour for stock in read_devices(str(file), 2, Price(0.5)).fleet.stocks]
    assert prices == [1.0, 0.5]


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("0.12/h", Price(0.12)),
        ("0.12 USD/h", Price(0.12, "USD")),
        ("0.001eur/s", Price(3.6)),
        ("1/min", Price(60.0)),
    ],
)
def test_a_price_has_a_unit_of_time(text, price) -> None:
    """EUR unless a currency is named."""
    assert parse_price(text) == price


@pytest.mark.parametrize("text", ["0.12", "-1/h", "1/day", "x/h", "nan/h", "1e999/h", ""])
def test_what_is_no_price_is_refused(text) -> None:
    """With how it is written."""
    with pytest.raises(UsageError, match=r"0\.12/h"):
        parse_price(text)


def test_a_price_is_of_every_device_that_has_none(tmp_path) -> None:
    """One of the file stays."""
    file = written(tmp_path, "devices: [{name: cpu:1, price_per_hour: 2}, {name: cpu:2}]")
    first, second = read_devices(file, 2, Price(0.5)).fleet.stocks

    assert (first.kind.price_per_hour, second.kind.price_per_hour) == (2.0, 0.5)


def test_two_currencies_are_refused(tmp_path) -> None:
    """Sums of them would mean nothing."""
    file = written(tmp_path, "devices: [{name: cpu:1, price_per_hour: 2, currency: USD}, {name: cpu:2}]")

    with pytest.raises(UsageError, match="priced in EUR and USD"):
        read_devices(file, 2, Price(0.5))
