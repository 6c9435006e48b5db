"""What tells one machine and its software from another."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from vedette.adapters.probes.fingerprint import LIKENESS, fingerprint, revision_of
from vedette.adapters.probes.host import probe_host
from vedette.values.trial import Placement

SOURCE = Path(__file__).parents[3]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def machine(root: Path, machine_id: str | None = "f" * 32, cpu: str = "Some CPU", board: str = "Board") -> Path:
    """The files of a machine."""
    root.mkdir(exist_ok=True)
    files = {
        "proc/cpuinfo": f"model name : {cpu}\nflags : avx2\n\n",
        "sys/devices/system/cpu/online": "0-3\n",
        "sys/class/dmi/id/board_name": board,
    }
    if machine_id is not None:
        files["etc/machine-id"] = machine_id + "\n"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def name_of(root: Path) -> str:
    return fingerprint(Placement.SHARED, root).machine


def test_this_machine_is_described() -> None:
    """Host, place of the client, versions as the packages tell them, and Vedette itself."""
    environment = fingerprint(Placement.DISJOINT)

    assert environment.host == probe_host()
    assert environment.placement is Placement.DISJOINT
    assert dict(environment.versions)["numpy"] == np.__version__
    assert environment.vedette.startswith(version("vedette"))
    assert environment == fingerprint(Placement.DISJOINT)


def test_id_is_not_told(tmp_path: Path) -> None:
    """The hash does not give the machine's id away, and another id gives another hash."""
    one = name_of(machine(tmp_path / "a", "a" * 32))

    assert len(one) == 16
    assert "a" * 8 not in one
    assert one == name_of(machine(tmp_path / "b", "a" * 32, board="Other"))
    assert one != name_of(machine(tmp_path / "c", "b" * 32))


def test_one_image_on_two_machines_is_two_machines(tmp_path: Path) -> None:
    """A container image that carries one id to another processor has another hash there."""
    assert name_of(machine(tmp_path / "a")) != name_of(machine(tmp_path / "b", cpu="Other CPU"))


@pytest.mark.parametrize("machine_id", [None, "", "uninitialized"])
def test_machine_without_an_id_says_so(tmp_path: Path, machine_id: str | None) -> None:
    """Where there is no id the hash is of the hardware and says so, so that likeness is not taken for identity."""
    one = name_of(machine(tmp_path / "a", machine_id))

    assert one.startswith(LIKENESS)
    assert one == name_of(machine(tmp_path / "b", machine_id))
    assert one != name_of(machine(tmp_path / "c", machine_id, board="Other"))


@pytest.mark.parametrize(
    ("governors", "told"),
    [((), None), (("performance", "performance"), "performance"), (("performance", "powersave"), None)],
)
def test_governor_is_told_where_there_is_one(tmp_path: Path, governors: tuple[str, ...], told: str | None) -> None:
    """The governors of all cores, each once; absent is None."""
    machine(tmp_path)
    for number, governor in enumerate(governors):
        file = tmp_path / f"sys/devices/system/cpu/cpu{number}/cpufreq/scaling_governor"
        file.parent.mkdir(parents=True)
        file.write_text(governor + "\n")

    expected = "performance, powersave" if len(set(governors)) > 1 else told
    assert fingerprint(Placement.SHARED, tmp_path).governor == expected


@pytest.mark.skipif(not (SOURCE / ".git").exists(), reason="the source is no git checkout")
def test_revision_is_what_git_says() -> None:
    """The commit is the one that git itself tells."""
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=SOURCE, capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip("git does not tell")

    assert revision_of(SOURCE) == told.stdout.strip()
    assert fingerprint(Placement.SHARED).vedette == f"{version('vedette')} ({told.stdout[:12]})"


def test_revision_is_found_wherever_git_keeps_it(tmp_path: Path) -> None:
    """A branch of its own file, a packed one, a commit without a branch, and a worktree."""
    git = tmp_path / "repo/.git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text(f"# pack-refs\n{COMMIT} refs/heads/main\n{'a' * 40} refs/heads/other\n")
    assert revision_of(tmp_path / "repo") == COMMIT

    (git / "refs/heads/main").write_text("b" * 40 + "\n")
    assert revision_of(tmp_path / "repo") == "b" * 40

    (git / "worktrees/w").mkdir(parents=True)
    (git / "worktrees/w/HEAD").write_text("ref: refs/heads/other\n")
    (git / "worktrees/w/commondir").write_text("../..\n")
    (tmp_path / "w").mkdir()
    (tmp_path / "w/.git").write_text(f"gitdir: {git / 'worktrees/w'}\n")
    assert revision_of(tmp_path / "w") == "a" * 40

    (git / "HEAD").write_text("c" * 40)
    assert revision_of(tmp_path / "repo") == "c" * 40


@pytest.mark.parametrize("head", ["", "ref: refs/heads/none", "ref: ../../secret", "no commit", "\udcff"])
def test_git_folder_that_does_not_tell_is_no_error(tmp_path: Path, head: str) -> None:
    """A damaged or empty `.git`, and none at all, give no revision."""
    assert revision_of(tmp_path) is None
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_bytes(head.encode("utf-8", "surrogateescape"))

    assert revision_of(tmp_path) is None
