"""A run for Weights & Biases: its spec and environment as config, its figures as summary, a step for each repeat.

Nothing else is told: no images, answers or rows, nor what wandb itself would add of the machine and its packages.
Offline, wandb writes a folder that `wandb sync` can send later; its other files lie beside it, not in the user's home.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vedette.errors import UnavailableError

PROJECT = "vedette"
_FOLDERS = {"WANDB_CACHE_DIR": "cache", "WANDB_CONFIG_DIR": "config", "WANDB_DATA_DIR": "data"}
_SETTINGS = {
    "silent": True,
    "console": "off",
    "disable_git": True,
    "save_code": False,
    "host": "",
    "x_disable_stats": True,
    "x_disable_meta": True,
    "x_disable_machine_info": True,
    "x_save_requirements": False,
}


@dataclass(frozen=True, slots=True)
class Journal:
    """What is told of a run.

    Attributes:
        id: of the run; a run that is exported again is the same one there.
        config: what was asked, and where.
        summary: figures by name.
        steps: figures of each repeat.
    """

    id: str
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    steps: Sequence[Mapping[str, float]]


def export(journal: Journal, *, project: str, folder: Path, offline: bool) -> Path:
    """Hand a run to wandb; the folder in which it keeps it is returned.

    Args:
        journal: what is told.
        project: name of the project there.
        folder: wandb's files go to `<folder>/wandb`; it is made.
        offline: whether nothing is sent.

    Raises:
        UnavailableError: wandb is not installed, or does not answer, or its files cannot be written.
    """
    wandb = _wandb()
    mode = "offline" if offline else "online"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _own_folders(folder / "wandb"):
            settings = _settings(wandb)
            config = dict(journal.config)
            run = wandb.init(
                project=project, id=journal.id, name=journal.id, config=config, dir=folder, mode=mode, settings=settings
            )
            for step in journal.steps:
                run.log(dict(step))
            run.summary.update(dict(journal.summary))
            kept = Path(run.dir).parent
            run.finish()
    except (OSError, wandb.Error) as error:
        raise UnavailableError(
            f"wandb cannot take the run: {error}", help="log in with `wandb login`, or add --offline"
        ) from None
    return kept


def _wandb() -> Any:
    try:
        import wandb
    except ImportError:
        raise UnavailableError("wandb is not installed", help="pip install 'vedette[wandb]'") from None
    return wandb


def _settings(wandb: Any) -> Any:
    """Quiet, and nothing is gathered on its own; older versions lack some of these."""
    known = wandb.Settings.model_fields
    return wandb.Settings(**{name: value for name, value in _SETTINGS.items() if name in known})


@contextmanager
def _own_folders(folder: Path) -> Iterator[None]:
    """Where wandb would write beside its folder, unless the user has said so."""
    added = {name: str(folder / own) for name, own in _FOLDERS.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
