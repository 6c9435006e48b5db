"""The examples of keys are what the file takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.config.serving_examples import EXAMPLES
from vedette.adapters.config.serving_file import keys_of, lint_text
from vedette.adapters.config.serving_schema import ServingFile
from vedette.values.problem import Problem


def _lint(text: str) -> tuple[Problem, ...]:
    return lint_text(text, "f", Path("/conf")).problems


@pytest.mark.parametrize("key", [key for key in ServingFile.model_fields if key != "keys"])
def test_every_example_is_valid(key: str) -> None:
    """What an error advises to write is right."""
    assert _lint(f"{key}: {EXAMPLES[key]}") == ()


def test_every_example_inside_of_a_section_is_valid() -> None:
    """Of models, keys, limits and the other sections too."""
    sections = {"models": {"name"}, "tls": {"certificate", "key"}, "pipelines": {"name"}}
    for section in ("models", "tls", "limits", "fetch", "files", "pipelines", "log"):
        for key in keys_of((section, 0)):
            example = EXAMPLES.get(f"{section}.{key}", EXAMPLES[key])
            wanted = dict.fromkeys(sections.get(section, set()), "a") | {key: example}
            inner = ", ".join(f"{name}: {value}" for name, value in wanted.items())
            listed = f"[{{{inner}}}]" if section in ("models", "pipelines") else f"{{{inner}}}"
            assert _lint(f"{section}: {listed}") == (), key
