"""A share of successes with an interval that holds for every true share."""

from __future__ import annotations

from vedette.values.evidence import Estimate


def proportion_estimate(successes: int, count: int, confidence: float = 0.95) -> Estimate:
    """Successes / count with the exact binomial interval; no figure where nothing was counted.

    The ends are the shares at which so many successes or more, and so many or fewer, have a probability of
    (1 - confidence) / 2 (Clopper and Pearson 1934, Biometrika 26). It covers the truth in `confidence` of all cases at
    least, small counts included.

    Raises:
        ValueError: there are more successes than there were trials, or fewer than 0.
    """
    if not 0 <= successes <= count:
        raise ValueError(f"{successes} successes of {count}")
    if not count:
        return Estimate(None, confidence=confidence, reason="nothing was counted")
    from scipy.special import betaincinv

    tail, failures = (1 - confidence) / 2, count - successes
    low = 0.0 if not successes else float(betaincinv(successes, failures + 1, tail))
    high = 1.0 if not failures else float(betaincinv(successes + 1, failures, 1 - tail))
    return Estimate(successes / count, low, high, confidence)
