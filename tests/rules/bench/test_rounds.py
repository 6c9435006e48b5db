"""The order of turns."""

from __future__ import annotations

import numpy as np

from vedette.rules.bench.rounds import rounds


def test_each_round_has_every_target_once() -> None:
    """Nobody is left out, nobody runs twice."""
    assert all(sorted(turns) == [0, 1, 2] for turns in rounds(3, 7, np.random.default_rng(1)))


def test_a_linear_drift_costs_all_targets_alike() -> None:
    """Over pairs of rounds the mean turn of every target is the same."""
    order = rounds(4, 10, np.random.default_rng(2))

    turns = {target: [4 * number + turn.index(target) for number, turn in enumerate(order)] for target in range(4)}
    assert len({sum(mine) for mine in turns.values()}) == 1


def test_the_first_of_a_pair_is_random() -> None:
    """Over many rounds each target is as often first as the other."""
    first = [turns[0] for turns in rounds(2, 2000, np.random.default_rng(3))[::2]]

    assert 400 < sum(first) < 600
