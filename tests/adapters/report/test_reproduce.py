"""How a run is done again."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from made_runs import made_run, made_spec

from vedette.adapters.report.reproduce import command, reproduce
from vedette.values.trial import TargetKind, TargetSpec, Wire
from vedette.values.workload import Load, LoadKind


def test_the_replay_the_seeds_and_the_hash_are_there() -> None:
    """All that is needed to do it again, and to know that the same was sent."""
    run = made_run(id="20260102-abc", repeats=3, seed=7).run

    facts = {fact.name: fact.text for fact in reproduce(run)}

    assert facts["again, exactly"] == "vedette bench replay 20260102-abc"
    assert facts["seed"] == "7; of the repeats: 7, 8, 9"
    assert facts["sha256 of the images"] == run.spec.inputs.sha256


def test_the_command_names_what_was_asked() -> None:
    """Options at their default are left out."""
    words = shlex.split(command(made_spec(rate=50.0, count=200, repeats=5, seed=3, warm_up=4)))

    assert words[:4] == ["vedette", "bench", "run", "image:http://127.0.0.1:8000/infer#classifier"]
    options = dict(zip(words[4::2], words[5::2], strict=True))
    assert options == {
        "--load": "constant",
        "--rate": "50",
        "--requests": "200",
        "--warm-up": "4",
        "--input": "photos",
        "--reference": "reference.jsonl",
        "--quality": "top1=0.99",
        "--repeats": "5",
        "--seed": "3",
    }


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (TargetSpec(TargetKind.NULL, "", wire=Wire.NONE, service_ms=20.0), "null:20ms"),
        (TargetSpec(TargetKind.INPROCESS, "lite0", wire=Wire.NONE), "inprocess:lite0"),
        (TargetSpec(TargetKind.IMAGE, "http://h/a b", wire=Wire.MULTIPART, field="f"), "--wire multipart --field f"),
        (TargetSpec(TargetKind.IMAGE, "http://h/", wire=Wire.RAW, method="PUT"), "--method PUT"),
        (TargetSpec(TargetKind.OIP, "http://h", "m", Wire.JSON), "'oip:http://h#m' --load constant"),
    ],
)
def test_targets_are_written_as_they_are_given(target: TargetSpec, words: str) -> None:
    """So that the line can be pasted."""
    line = command(replace(made_spec(), target=target))

    assert words in line
    assert "--wire none" not in line


def test_a_hostile_name_stays_one_word() -> None:
    """A shell sees it as one argument, not as a command."""
    spec = replace(made_spec(), target=TargetSpec(TargetKind.IMAGE, "http://h/$(rm -rf x); echo"))

    assert "image:http://h/$(rm -rf x); echo" in shlex.split(command(spec))


def test_the_command_line_understands_it() -> None:
    """Every option of a full load is one that `vedette bench run` has."""
    from typer import Typer
    from typer.main import get_command

    from vedette.cli.bench_run import run

    app = Typer()
    app.command()(run)
    known = {name for parameter in get_command(app).params for name in parameter.opts}
    load = Load(LoadKind.CLOSED, 4, 10.0, 5.0, 9.0, 3, "t.txt", 100.0, 10, 2.5, 3, timeout_s=5.0)
    target = TargetSpec(TargetKind.IMAGE, "http://h/", wire=Wire.TEMPLATE, template="body.json", method="PUT")
    spec = replace(made_spec(), load=load, target=target, client_cores=(0,), monitor_hz=5.0, model_may_change=True)

    asked = {word for word in shlex.split(command(spec)) if word.startswith("--")}

    assert asked <= known
    assert len(asked) >= 18
