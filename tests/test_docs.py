"""What the documents name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vedette.rules.vision.decoders.family import FAMILIES, Proof
from vedette.rules.zoo.defaults import DEFAULTS
from vedette.rules.zoo.family import EXPECTED

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TRACKED = ("src/", "docs/", "tests/", "benchmarks/", "protos/")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_is_there(document: Path) -> None:
    """A document that outlives the code is worse than none."""
    text = document.read_text()
    named = set(re.findall(r"`([\w./-]+)`", text)) | set(re.findall(r"\]\((?!http)([^)#]+)\)", text))

    for name in named:
        here = [ROOT / name, document.parent / name, ROOT / "src/vedette" / name]
        looks_like_a_path = name.startswith(TRACKED) or re.fullmatch(
            r"(adapters|flows|rules|values|wiring|cli)/[\w/]+", name
        )
        if looks_like_a_path or name.endswith(".md"):
            assert any(path.exists() or path.with_suffix(".py").exists() for path in here), name


def test_the_lock_names_no_address_and_no_torch() -> None:
    """It installs from whatever registry the user's pip is set up for."""
    lock = (ROOT / "requirements.lock").read_text()

    assert "://" not in lock
    assert not re.search(r"^torch", lock, re.MULTILINE)
    assert lock.count("--hash=sha256:") > 100


def test_the_makefile_offers_what_the_readme_promises() -> None:
    """Every `make` in the README is a target."""
    makefile = (ROOT / "Makefile").read_text()

    for target in set(re.findall(r"make ([a-z-]+)", (ROOT / "README.md").read_text())):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_table_of_detectors_is_what_the_code_reads() -> None:
    """Every family, its outputs, its default and its proof."""
    table = (ROOT / "docs/detectors.md").read_text()

    for model_type, family in FAMILIES.items():
        nms = DEFAULTS[model_type].get("nms", "class")
        proof = "run with real weights" if family.proof is Proof.WEIGHTS else "formulas"
        assert f"| `{model_type}` | {EXPECTED[model_type]} | {nms} | {proof} |" in table
