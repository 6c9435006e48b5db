"""Which features go with the first request: those that were put in, and none where none was."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.errors import InvalidError
from vedette.rules.stats.importance import LEAST_R2, MINIMUM_RUNS, TREES, importance


def made(count: int, seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Six features; the time is 3 of the first, 1 of the second, and noise."""
    rng = np.random.default_rng(seed)
    features = {f"f{n}": rng.normal(0, 1, count) for n in range(6)}
    return features, 100 + 3 * features["f0"] + features["f1"] + rng.normal(0, 0.3, count)


def test_the_features_that_matter_come_first() -> None:
    """In the order of their weight, well apart from the rest, and called an association."""
    told = importance(*made(80))

    assert [one.name for one in told.features[:2]] == ["f0", "f1"]
    assert told.features[0].importance > 5 * told.features[2].importance
    assert told.out_of_bag_r2 > 0.6
    assert told.runs == 80
    assert "f0" in told.sentence
    assert "not a cause" in told.sentence


def test_it_agrees_with_sklearns_permutation_on_runs_that_were_never_seen() -> None:
    """The same order of the two that matter and, on many runs, nearly the same values."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    features, target = made(200, 1)
    told = {one.name: one.importance for one in importance(features, target).features}
    table = np.stack(list(features.values()), axis=1)
    trees = RandomForestRegressor(60, max_features=1 / 3, min_samples_leaf=2, random_state=0).fit(table, target)
    fresh, truth = made(800, 2)
    theirs = [
        np.mean(
            [
                permutation_importance(
                    tree, np.stack(list(fresh.values()), axis=1), truth, scoring="r2", n_repeats=1, random_state=0
                ).importances_mean
            ],
            axis=0,
        )
        for tree in trees.estimators_
    ]

    expected = np.mean(theirs, axis=0)
    assert [told["f0"], told["f1"]] == pytest.approx(expected[:2].tolist(), rel=0.25)
    assert max(told[f"f{n}"] for n in range(2, 6)) < 0.1


def test_the_score_is_sklearns_and_the_same_seed_gives_the_same() -> None:
    """Out-of-bag R2 of the same forest; everything comes from the seed."""
    from sklearn.ensemble import RandomForestRegressor

    features, target = made(60)
    told = importance(features, target, seed=4)
    forest = RandomForestRegressor(TREES, max_features=1 / 3, min_samples_leaf=2, oob_score=True, random_state=4)
    forest.fit(np.stack(list(features.values()), axis=1), target)

    assert told.out_of_bag_r2 == pytest.approx(forest.oob_score_)
    assert importance(features, target, seed=4) == told


def test_noise_is_called_noise() -> None:
    """Features that have nothing to do with the time: the sentence says that the order means nothing."""
    features, _ = made(60)
    told = importance(features, np.random.default_rng(9).normal(0, 1, 60))

    assert told.out_of_bag_r2 < LEAST_R2
    assert "means nothing" in told.sentence


def test_what_was_not_read_or_does_not_vary_is_left_out_and_named() -> None:
    """A forest takes no gaps, and a constant explains nothing."""
    features, target = made(40)
    gaps = features["f5"].copy()
    gaps[3] = np.nan

    told = importance({**features, "gaps": gaps, "flat": np.ones(40)}, target)

    assert told.left_out == ("gaps", "flat")
    assert {one.name for one in told.features} == set(features)


def test_too_few_runs_are_refused_with_the_number() -> None:
    """And how many more are needed."""
    features, target = made(MINIMUM_RUNS - 1)

    with pytest.raises(InvalidError, match=f"{MINIMUM_RUNS} at least") as error:
        importance(features, target)
    assert "1 more" in error.value.help


def test_nothing_that_varies_is_refused() -> None:
    """No feature, or no difference in the times."""
    features, target = made(MINIMUM_RUNS)

    with pytest.raises(InvalidError, match="no feature varies"):
        importance({"flat": np.ones(MINIMUM_RUNS)}, target)
    with pytest.raises(InvalidError, match="the same in all runs"):
        importance(features, np.ones(MINIMUM_RUNS))
