"""The files of one model."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vedette.adapters.config.content import fingerprint, model_files, size_of_files


def test_one_file_has_its_own_sha256(tmp_path: Path) -> None:
    """The fingerprint of a single file is what sha256sum prints."""
    file = tmp_path / "model.onnx"
    file.write_bytes(b"abc")

    assert fingerprint(file) == hashlib.sha256(b"abc").hexdigest()
    assert size_of_files(file) == 3


def test_several_files_have_the_sha256_of_their_list(tmp_path: Path) -> None:
    """A change of any file or name changes the fingerprint."""
    xml, weights = tmp_path / "model.xml", tmp_path / "model.bin"
    xml.write_bytes(b"x")
    weights.write_bytes(b"w")
    lines = f"{hashlib.sha256(b'w').hexdigest()}  model.bin\n{hashlib.sha256(b'x').hexdigest()}  model.xml\n"

    assert model_files(xml) == (weights, xml)
    assert fingerprint(xml) == hashlib.sha256(lines.encode()).hexdigest()
    weights.write_bytes(b"v")
    assert fingerprint(xml) != hashlib.sha256(lines.encode()).hexdigest()
