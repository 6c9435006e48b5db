"""When an idle instance is to end: kept warm, ended at once, and the shortest timeout that holds a p99.

    Instance, rate, p99 --idle_choice--> IdleChoice: what each timeout means --idle_words--> the recommendation

What a timeout means is reckoned in `rules/capacity/warmth`; here the timeouts are compared and put in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from vedette.rules.capacity.amounts import amount_text, money_text, share_text, time_text
from vedette.rules.capacity.warmth import Instance, Warmth, best_timeout, kept_cheaper, warmth

_SMALL = 1e-4


@dataclass(frozen=True, slots=True)
class IdleAsked:
    """What is asked.

    Attributes:
        rate_per_s: images that arrive, as a Poisson process.
        p99_s: within which 99 of 100 are answered; None: no goal.
        timeout_s: an idle timeout to tell about; None: none.
        kept_price_per_hour: of an instance that is always kept; None: as one that may end.
    """

    rate_per_s: float
    p99_s: float | None = None
    timeout_s: float | None = None
    kept_price_per_hour: float | None = None


@dataclass(frozen=True, slots=True)
class IdleChoice:
    """What may be done with an idle instance.

    Attributes:
        instance: the model on its device.
        asked: what was asked.
        kept: warm for ever; None where it cannot keep up with the rate, and then the others are None too.
        ended: at once.
        given: with the timeout that was asked about; None: none was.
        shortest: the shortest timeout that holds the p99, to a thousandth of the mean gap; None where not even a warm
            instance holds it, or no p99 was asked for.
        kept_cheaper_per_s: the rates between which an instance that is kept for its price is cheaper than one with the
            timeout of `choice`; the upper one is infinite where it is so up to the most. None: at no rate, or no price
            is known.
    """

    instance: Instance
    asked: IdleAsked
    kept: Warmth | None = None
    ended: Warmth | None = None
    given: Warmth | None = None
    shortest: Warmth | None = None
    kept_cheaper_per_s: tuple[float, float] | None = None

    @property
    def most_per_s(self) -> float:
        """Images a second that one instance serves at most, one by one."""
        return 1 / self.instance.latency_s

    @property
    def choice(self) -> Warmth | None:
        """The timeout that the break-even is of: the shortest that holds the p99, else the one asked about, else 0."""
        if self.asked.p99_s is not None:
            return self.shortest
        return self.given or self.ended

    @property
    def holds(self) -> bool:
        """Whether the rate is kept up with, and the p99, if there is one, is held by some timeout."""
        return self.kept is not None and (self.asked.p99_s is None or self.shortest is not None)


def idle_choice(instance: Instance, asked: IdleAsked) -> IdleChoice:
    """Everything that is known of the timeouts of one instance at a rate.

    Raises:
        ValueError: the rate or the timeout is no number that can be used.
    """
    if asked.rate_per_s * instance.latency_s >= 1:
        return IdleChoice(instance, asked)
    rate = asked.rate_per_s
    found = IdleChoice(
        instance,
        asked,
        warmth(instance, rate, math.inf),
        warmth(instance, rate, 0.0),
        None if asked.timeout_s is None else warmth(instance, rate, asked.timeout_s),
        None if asked.p99_s is None else best_timeout(instance, rate, asked.p99_s),
    )
    price, chosen = kept_price(found), found.choice
    if price is None or chosen is None or math.isinf(chosen.timeout_s):
        return found
    even = kept_cheaper(instance, chosen.timeout_s, price)
    return IdleChoice(instance, asked, found.kept, found.ended, found.given, found.shortest, even)


def kept_price(choice: IdleChoice) -> float | None:
    """Of an instance that is always kept, an hour; None: not known."""
    kept = choice.asked.kept_price_per_hour
    return choice.instance.price_per_hour if kept is None else kept


# --- words ------------------------------------------------------------------------------------------------------------


def idle_words(choice: IdleChoice, model: str, currency: str) -> tuple[str, ...]:
    """The recommendation, a sentence each."""
    if choice.kept is None or choice.ended is None:
        most, rate = amount_text(choice.most_per_s), amount_text(choice.asked.rate_per_s)
        return (
            f"One instance of {model} cannot keep up: it serves {most} images a second at most, {rate} arrive.",
            "Plan replicas for this rate: `vedette plan rate`.",
        )
    return (
        *_advice(choice, model, choice.kept),
        _ended(choice.instance, choice.ended),
        *_price(choice, currency),
        *_even(choice, currency),
    )


def _advice(choice: IdleChoice, model: str, kept: Warmth) -> Iterator[str]:
    goal, shortest, given = choice.asked.p99_s, choice.shortest, choice.given
    if goal is not None and shortest is None:
        yield (
            f"No timeout holds a p99 of {time_text(goal)}: even kept warm {model} has one of {time_text(kept.p99_s)}. "
            "Plan replicas for it: `vedette plan rate`."
        )
    elif goal is not None and shortest is not None and math.isinf(shortest.timeout_s):
        yield f"Keep {model} warm: every timeout misses the p99 of {time_text(goal)}."
    elif goal is not None and shortest is not None and not shortest.timeout_s:
        yield f"Let {model} end as soon as it is idle: the p99 is {time_text(shortest.p99_s)} of {time_text(goal)}."
    elif goal is not None and shortest is not None:
        yield (
            f"Let {model} end after {time_text(shortest.timeout_s)} without an image: that is the shortest timeout "
            f"with a p99 within {time_text(goal)}."
        )
    if goal is not None and given is not None:
        verb = "holds" if given.p99_s <= goal else "misses"
        yield f"A timeout of {time_text(given.timeout_s)} {verb} it: its p99 is {time_text(given.p99_s)}."
    if goal is None and given is not None:
        yield (
            f"With a timeout of {time_text(given.timeout_s)} {_share(given.cold_share)} of the images wait for a "
            f"start, and {model} runs {_share(given.on_share)} of the time."
        )


def _ended(instance: Instance, ended: Warmth) -> str:
    return (
        f"Ended as soon as it is idle, {_share(ended.cold_share)} of the images wait for a start and take "
        f"{time_text(instance.cold_s)} instead of {time_text(instance.latency_s)}, and it runs "
        f"{_share(ended.on_share)} of the time."
    )


def _price(choice: IdleChoice, currency: str) -> Iterator[str]:
    chosen, price = choice.choice, kept_price(choice)
    if chosen is None or price is None or math.isinf(chosen.timeout_s) or chosen.cost_per_hour is None:
        return
    costs, after = (
        cost_text(chosen, currency),
        f"after {time_text(chosen.timeout_s)}" if chosen.timeout_s else "at once",
    )
    kept = f"{money_text(price, currency)} kept warm"
    if chosen.cost_per_hour < price:
        yield f"Ended {after}, an hour costs {costs}, {_share(1 - chosen.cost_per_hour / price)} less than {kept}."
    elif (chosen.least_cost_per_hour or 0.0) < price:
        yield f"Ended {after}, an hour costs {costs}: it may be more than {kept}."
    else:
        yield f"Ended {after}, an hour costs {costs}: no less than {kept}."


def _even(choice: IdleChoice, currency: str) -> Iterator[str]:
    price, chosen = kept_price(choice), choice.choice
    if price is None or chosen is None or math.isinf(chosen.timeout_s):
        return
    kept = f"an instance that is kept for {money_text(price, currency)} an hour"
    if choice.kept_cheaper_per_s is None:
        yield f"At no rate is {kept} cheaper."
        return
    low, high = choice.kept_cheaper_per_s
    if not math.isinf(high):
        yield f"Between {amount_text(low)} and {amount_text(high)} images a second {kept} is cheaper."
    elif not low:
        yield f"At every rate {kept} is cheaper."
    else:
        yield f"From {amount_text(low)} images a second on {kept} is cheaper."


def cost_text(one: Warmth, currency: str = "") -> str:
    """The cost of an hour; where hours are billed its least and its most. Empty where no price is known."""
    if one.cost_per_hour is None or one.least_cost_per_hour is None:
        return ""
    most = money_text(one.cost_per_hour, currency).strip()
    if one.cost_per_hour - one.least_cost_per_hour <= _SMALL * one.cost_per_hour:
        return most
    return f"{amount_text(one.least_cost_per_hour)} to {most}"


def _share(share: float) -> str:
    return "none" if share <= 0 else share_text(min(1.0, share))
