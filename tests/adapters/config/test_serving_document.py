"""`docs/serving-configuration.md` says what the schema says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from tritonclient.grpc import model_config_pb2 as triton

from vedette.adapters.config.serving_file import lint_text, section_of
from vedette.adapters.config.serving_schema import ServingFile
from vedette.rules.serving.triton import REFUSED, UNUSED

PAGE = (Path(__file__).parents[3] / "docs/serving-configuration.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z_.\[\]]+)` \| .+ \| (.+) \|$", PAGE, re.MULTILINE))


def _keys(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Every key path of the schema, with the section that it stands in."""
    for name, field in section.model_fields.items():
        yield prefix + name, section
        inner = section_of(field.annotation)
        if inner is not None:
            listed = "[]" if str(field.annotation).startswith("tuple") else ""
            yield from _keys(inner, f"{prefix}{name}{listed}.")


KEYS = dict(_keys(ServingFile))


def test_every_key_is_on_the_page_and_no_other() -> None:
    """A key that is missing, renamed or gone fails here."""
    assert set(ROWS) == set(KEYS)
    assert "models[].stages.decide" in KEYS


@pytest.mark.parametrize("key", KEYS)
def test_the_default_on_the_page_is_that_of_the_schema(key: str) -> None:
    """A default in backticks is read as the file would read it; words stand for nothing, or for all."""
    name, told, section = key.rpartition(".")[2], ROWS[key], KEYS[key]
    field = section.model_fields[name]
    default = field.get_default(call_default_factory=True)
    written = re.fullmatch(r"`(.+)`", told)

    if written is None:
        assert field.is_required() == (told == "required")
        assert field.is_required() or default in (None, ()) or default == {} or isinstance(default, BaseModel)
    else:
        rest = {other: _some(other) for other, info in section.model_fields.items() if info.is_required()}
        values = section.model_validate({**rest, **_read(name, written[1])})
        assert getattr(values, name) == default


def _some(key: str) -> str:
    return {"hash": "sha256:" + "0" * 64}.get(key, "a")


def _read(name: str, text: str) -> dict[str, object]:
    import yaml

    value = yaml.safe_load(f"{name}: {text}")
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_the_examples_on_the_page_are_valid(block: str) -> None:
    """What is pasted works."""
    assert lint_text(block, "page", Path()).problems == ()


def test_every_field_of_a_triton_configuration_is_on_the_page() -> None:
    """What maps, what is not used and what is refused."""
    section = PAGE.partition("## A Triton repository")[2]

    for field in triton.ModelConfig.DESCRIPTOR.fields:
        assert f"`{field.name}`" in section, field.name
    assert all(f"`{name}`" in section for name in (*REFUSED, *UNUSED))
