"""pyarrow without pandas, which it looks for at its first array: an import of a second or two, in mid-run.

The solver of plans brings pandas along, so it is there although nothing here needs it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _NoPandas(MetaPathFinder):
    """Says that there is no pandas, while it is asked."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """No finder after this one is asked for pandas."""
        del path, target
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not looked for", name=name)
        return None


@functools.cache
def spare_pandas() -> None:
    """Let pyarrow make and read its first array while there is no pandas: it asks once. To be called before others."""
    if "pandas" in sys.modules:
        return  # whoever imported it has paid already
    import numpy as np
    import pyarrow as pa

    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.chunked_array([pa.array(np.zeros(1))]).to_numpy()  # each way asks for itself
    finally:
        sys.meta_path.remove(finder)
