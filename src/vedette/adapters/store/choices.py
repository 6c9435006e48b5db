"""The choices of `auto`, one JSON file each: `<folder>/<key>.json`. A damaged file counts as none."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vedette.values.execution import Choice, Execution, Optimise, Precision, RuntimeName, Trial

_SCHEMA = "vedette.choice/1"


@dataclass(frozen=True, slots=True)
class ChoiceFolder:
    """Remembers choices by key."""

    folder: Path

    def get(self, key: str) -> Choice | None:
        """See `ChoiceStore.get`."""
        try:
            data = json.loads((self.folder / f"{key}.json").read_text())
            if data["schema"] != _SCHEMA:
                return None
            trials = tuple(_trial(trial) for trial in data["trials"])
            return Choice(_execution(data["execution"]), Optimise(data["optimise"]), trials, cached=True)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, choice: Choice) -> None:
        """See `ChoiceStore.put`."""
        data = {"schema": _SCHEMA, **asdict(choice)}
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
        with os.fdopen(handle, "w") as file:
            json.dump(data, file, indent=2)
        Path(name).replace(self.folder / f"{key}.json")


def _execution(data: dict[str, Any]) -> Execution:
    return Execution(**{**data, "runtime": RuntimeName(data["runtime"]), "precision": Precision(data["precision"])})


def _trial(data: dict[str, Any]) -> Trial:
    return Trial(**{**data, "execution": _execution(data["execution"])})
