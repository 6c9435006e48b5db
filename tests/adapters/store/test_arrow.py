"""pyarrow does not import pandas because of us, and pandas can be imported after it."""

from __future__ import annotations

import subprocess
import sys

import pytest

WRITE = """
import sys
from pathlib import Path
from vedette.adapters.store.{module} import {name}
{use}
assert "pandas" not in sys.modules, "pyarrow has imported it"
import pandas
print(pandas.Series([1]).sum())
"""
USES = {
    "image_file": (
        "write_images, read_images",
        "write_images(Path(sys.argv[1]), [b'a'])\nread_images(Path(sys.argv[1]))",
    ),
    "answer_file": ("AnswerFile", "AnswerFile(Path(sys.argv[1])).append({1: b'a'})"),
    "request_table": (
        "RequestStream, read_requests",
        """
import numpy as np
from vedette.values.requests import DTYPES, Requests
stream = RequestStream(Path(sys.argv[1]))
stream.append(Requests(**{name: np.zeros(3, kind) for name, kind in DTYPES.items()}))
stream.close()
read_requests(Path(sys.argv[1]))
""",
    ),
}


@pytest.mark.parametrize("module", USES)
def test_pandas_is_not_imported_and_still_can_be(module, tmp_path) -> None:
    """An import of a second or two in the middle of a run would be measured as lateness."""
    name, use = USES[module]
    code = WRITE.format(module=module, name=name, use=use)

    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "file.arrows")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "1\n"
