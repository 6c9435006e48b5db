"""What a replay asks for, and whether it was due as before."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from fakes import jpeg
from made_runs import made_requests, made_run, made_spec

from vedette.errors import ConflictError
from vedette.values.trial import SHIPPED_CROPS
from vedette.values.workload import Load, LoadKind
from vedette.wiring.bench_images import choose_images
from vedette.wiring.replaying import order_of, replay, same_schedule


def test_an_order_asks_for_all_that_the_spec_recorded(tmp_path: Path) -> None:
    """Every field that both have; the images' sources are what is named again."""
    spec = replace(
        made_spec(repeats=3, seed=9, warm_up=4), model_may_change=True, monitor_hz=0.0, client_cores=(0,), reference="m"
    )

    order = order_of(spec, (("A", "b"),), tmp_path)

    shared = {field.name for field in fields(order)} & {field.name for field in fields(spec)}
    assert {"load", "quality", "reference", "seed", "repeats", "limits", "monitor_hz", "client_cores"} <= shared
    assert all(getattr(order, name) == getattr(spec, name) for name in shared - {"headers"})
    assert order.targets == ((spec.target, (("A", "b"),)),)
    assert (order.images, order.output) == (("photos",), tmp_path)


def test_crops_are_cut_again_and_not_looked_for() -> None:
    """Their name is none of a file."""
    spec = made_spec()

    assert order_of(replace(spec, inputs=replace(spec.inputs, sources=SHIPPED_CROPS)), (), None).images == ()


def test_a_schedule_is_the_same_at_another_time_and_in_another_order_of_rows() -> None:
    """Offsets within each repeat count, and the image of each; when it began, and who was answered first, do not."""
    one = made_requests(repeats=2, count=30, warm_up=3)
    later = replace(one, scheduled=one.scheduled + 5_000_000_000, sent=one.sent + 1, done=one.done + 1)

    assert same_schedule(one, later.where(np.random.default_rng(0).permutation(len(one))))


@pytest.mark.parametrize("column", ["scheduled", "image", "repeat"])
def test_one_request_that_differs_makes_another_schedule(column: str) -> None:
    """A nanosecond, an image, a repeat."""
    one = made_requests(repeats=2, count=30)
    values = getattr(one, column).copy()
    values[40] += 1

    assert not same_schedule(one, replace(one, **{column: values}))


def test_a_missing_request_or_repeat_makes_another_schedule() -> None:
    """Either way round."""
    one = made_requests(repeats=2, count=30)

    for other in (one.where(slice(0, 59)), one.where(one.repeat == 0)):
        assert not same_schedule(one, other)
        assert not same_schedule(other, one)


def test_images_that_have_changed_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    """By the hash of their bytes; nothing listens at the target of this run."""
    picture = tmp_path / "a.jpg"
    picture.write_bytes(jpeg((250, 5, 5), 32, 32))
    load = Load(LoadKind.CLOSED, requests=1)
    old = made_run(repeats=1, count=20, monitored=False)
    inputs = choose_images([str(picture)], load, 0).inputs
    old = replace(old, run=replace(old.run, spec=replace(old.run.spec, load=load, inputs=inputs)))
    picture.write_bytes(jpeg((5, 250, 5), 32, 32))

    with pytest.raises(ConflictError, match=f"sha256 .* instead of {inputs.sha256[:16]}"):
        replay(old, (), None, [].append)
