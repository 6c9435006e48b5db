"""Which features of the machine go with the time of the first request, over many runs.

    runs x features --random forest--> predictions of runs that a tree did not see --shuffle a feature--> how much worse

Random forest and the importance by permutation of what is out of the bag: Breiman (2001). It is an association: which
feature is the cause, if any, it cannot tell, and of two features that move together each takes a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError
from vedette.values.comparison import FeatureImportance, Importances

MINIMUM_RUNS = 30
"""With fewer, a tree sees some twenty runs, and what it did not see is ten of them: the score is noise."""

TREES = 200
SHUFFLES = 5
LEAST_R2 = 0.1
"""Below this share of the variance the forest predicts next to nothing, and its order of features means nothing."""


def importance(
    features: Mapping[str, NDArray[np.float64]], target: NDArray[np.float64], *, seed: int = 0
) -> Importances:
    """Importance of every feature for the target, and how far the forest can be believed.

    Args:
        features: by name, shape (runs,); one with a NaN, or with the same value in all runs, is left out and named.
        target: time of the first request of each run in ms, shape (runs,).
        seed: of the forest and of the shuffling.

    Raises:
        InvalidError: fewer than 30 runs, no feature that varies, or a target that does not.
    """
    if len(target) < MINIMUM_RUNS:
        raise InvalidError(
            f"{len(target)} runs are too few to tell which features matter: {MINIMUM_RUNS} at least are needed",
            help=f"measure {MINIMUM_RUNS - len(target)} more, each with a server that was started anew",
        )
    usable = [name for name, values in features.items() if np.isfinite(values).all() and np.ptp(values) > 0]
    if not usable or np.ptp(target) == 0:
        raise InvalidError(
            "no feature varies between these runs" if not usable else "the first request took the same in all runs",
            help="take runs with different states of the machine",
        )
    forest, table = _grown(np.stack([features[name] for name in usable], axis=1), target, seed)
    gains = _permuted(forest, table, target, np.random.default_rng(seed)) / float(target.var())
    order = np.argsort(-gains.mean(axis=0), kind="stable")
    deviations = gains.std(axis=0, ddof=1) / np.sqrt(len(gains))
    ranked = tuple(
        FeatureImportance(usable[place], float(gains[:, place].mean()), float(deviations[place])) for place in order
    )
    left_out = tuple(name for name in features if name not in set(usable))
    score = float(forest.oob_score_)
    return Importances(len(target), score, ranked, left_out, _sentence(score, ranked, len(target)))


def _grown(table: NDArray[np.float64], target: NDArray[np.float64], seed: int) -> tuple[Any, NDArray[np.float32]]:
    """A forest of regression trees, a third of the features at each split, and the table as its trees take it."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(TREES, max_features=1 / 3, min_samples_leaf=2, oob_score=True, random_state=seed)
    forest.fit(table, target)
    return forest, np.ascontiguousarray(table, np.float32)


def _permuted(
    forest: Any, table: NDArray[np.float32], target: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Growth of the squared error of each tree out of its bag when a feature is shuffled; shape (trees, features).

    A feature that a tree does not ask for cannot change what it says.
    """
    gains = np.zeros((len(forest.estimators_), table.shape[1]))
    everything = np.arange(len(target))
    for number, (tree, seen) in enumerate(zip(forest.estimators_, forest.estimators_samples_, strict=True)):
        unseen = np.setdiff1d(everything, seen)
        if len(unseen) < 2:  # noqa: PLR2004 - one run cannot be shuffled
            continue
        rows, truth = table[unseen], target[unseen]
        plain = float(((_told(tree, rows) - truth) ** 2).mean())
        for feature in {int(one) for one in tree.tree_.feature if one >= 0}:
            gains[number, feature] = _shuffled_error(tree, rows, truth, feature, rng) - plain
    return gains


def _shuffled_error(
    tree: Any, rows: NDArray[np.float32], truth: NDArray[np.float64], feature: int, rng: np.random.Generator
) -> float:
    """Mean squared error with one column shuffled, over several shuffles predicted at once."""
    shuffled = np.tile(rows, (SHUFFLES, 1, 1))
    for one in shuffled:
        one[:, feature] = rng.permutation(one[:, feature])
    told = _told(tree, shuffled.reshape(-1, rows.shape[1])).reshape(SHUFFLES, -1)
    return float(((told - truth) ** 2).mean())


def _told(tree: Any, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """What a tree predicts, without the checks of its input that cost more than the answer."""
    return np.asarray(tree.tree_.predict(rows), np.float64).reshape(-1)


def _sentence(score: float, ranked: tuple[FeatureImportance, ...], runs: int) -> str:
    if score < LEAST_R2:
        return (
            f"over {runs} runs the forest predicts next to nothing of a run that it did not see (out-of-bag R2 "
            f"{score:.2f}): the order of the features means nothing"
        )
    first = ranked[0]
    return (
        f"over {runs} runs the forest predicts {score:.0%} of the variance of runs that it did not see (out-of-bag R2 "
        f"{score:.2f}); {first.name} goes with the time of the first request most; this is an association, not a cause"
    )
