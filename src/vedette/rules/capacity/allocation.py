r"""Which devices process N images within T for the least money, energy or number: the exact problem, in whole numbers.

    Order (jobs, fleet, capabilities, goal, limits) -> Rows -> allocation_program -> Solver -> shares: devices

Devices of one kind are equal, so only sums over them matter. A row r is a kind, a model and a mini-batch size mbs_r;
two whole numbers tell all of it: n_r, the devices that work so, and u_r, the later mini-batches of all of them
together.

    0 <= u_r <= n_r t_r            t_r: most later uses of one such device within T (and M_i); W_r + t_r L_r <= T
    sum_r mbs_r (n_r + u_r) >= N   over the rows of a job's models; each job has its own N
    sum_r n_r <= NGPU_k            over the rows of kind k
    sum_r (c_r n_r + d_r u_r) <= limit, or made least: money, and energy alike

Any u_r within its bound can be dealt to n_r devices so that none has more than t_r, hence nothing is lost by the sums.

Money of a device that is billed by the second is price x (W + t L), with the means: c = price W, d = price L. Billed by
the hour it is price x started hours, which is no linear function of t. Each number of hours h is then a row of its own:
t_r is what fits into T and, by the means, into h hours; c = price h, d = 0. Energy is first_j and later_j, or watts x
mean seconds.

Reals become whole numbers on the safe side: amounts are divided by a power of two (exact), each rounded up, limits
rounded down (a limit is kept by what is more by a billionth). The unit is so small that every total stays below
2**UNIT_BITS units, so a plan is overstated by one unit at most for each device and each use. Times never become whole
numbers: t_r is `prediction.most_uses`.

That one is slow for many rows. So a row has first the uses that would fit by its mean times, never fewer than t_r;
`tightened` lowers them for all rows at once to what the class of the deadline allows, or a bit more; bounds are made
with them, and t_r itself is reckoned for the rows that the bounds leave over (`allocation_bound`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from vedette.rules.capacity.allocation_amounts import Whole, check_prices, energy_of, limit_of, whole
from vedette.rules.capacity.bounds import Figures, Terms, figures_of, means_of, read, uses_at_most
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.cost import HOUR_S
from vedette.rules.capacity.prediction import most_uses
from vedette.rules.capacity.spread import ROUNDING
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Goal, Limits
from vedette.values.device import Billing, Fleet

_VARIED = frozenset({DeadlineClass.HARD, DeadlineClass.SOFT})

MOST_USES = 2**31
"""Later uses of a device where neither N nor M limits them."""


@dataclass(frozen=True, slots=True)
class Job:
    """Images for which one of some models is to be used; each device may take another of them.

    Attributes:
        models: that will do.
        images: N; None: as many as can be.
    """

    models: tuple[str, ...]
    images: int | None


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of an allocation.

    Attributes:
        jobs: done side by side within T, each device works for one; no model is in two of them.
        capabilities: of the models on the kinds of the fleet; others are ignored.
        fleet: devices that may be used.
        within_s: T.
        deadline: what counts against T.
        probability: with which a soft plan holds: each of its n devices ends within T with probability^(1/n).
        goal: devices, cost, energy (least) or images (most).
        limits: what may not be exceeded. Cost and energy are those of a run in which no device is lost.
        lost_devices: each job still gets its images if so many of its devices, the best ones, are lost at the start;
            those that are left then work up to T.
        least_devices, most_devices: that may be used altogether; None: the fleet.
    """

    jobs: tuple[Job, ...]
    capabilities: tuple[Capability, ...]
    fleet: Fleet
    within_s: float
    deadline: DeadlineClass = DeadlineClass.RELAXED
    probability: float = 0.95
    goal: Goal = Goal.DEVICES
    limits: Limits = field(default_factory=Limits)
    lost_devices: int = 0
    least_devices: int = 0
    most_devices: int | None = None

    def __post_init__(self) -> None:
        if self.goal not in {Goal.DEVICES, Goal.COST, Goal.ENERGY, Goal.IMAGES}:
            raise ValueError(f"an allocation is for devices, cost, energy or images, not {self.goal}")
        if not self.jobs or (any(job.images is None for job in self.jobs) != (self.goal is Goal.IMAGES)):
            raise ValueError("every job has its images, unless images are the goal")


_COLUMNS = frozenset(
    {
        "capability",
        "option",
        "kind",
        "job",
        "hours",
        "batch",
        "uses",
        "most_uses",
        "first_cost",
        "later_cost",
        "first_energy",
        "later_energy",
        "listed",
    }
)


@dataclass(frozen=True, slots=True)
class Rows:
    """A table: one entry for each kind, model, mini-batch size and, billed by the hour, number of hours.

    Attributes:
        order: that it was made of.
        capability, option: their places: of the capability in the order, of the option in the capability.
        kind: place of the device's stock in the fleet.
        job: place of the job in the order.
        hours: started hours that are paid; 0 where seconds are.
        batch: mbs_r.
        uses: at least t_r: what fits into T, and into the hours, by the mean times.
        most_uses: the same without the hours: what a device works up to where another is lost.
        first_cost, later_cost, first_energy, later_energy: in units; 0 where they do not matter.
        cost_unit, energy_unit: of one unit, in the currency and in Wh.
        listed: place of the option in `figures`.
        figures: of all options, those that no row has among them.
    """

    order: Order
    capability: Whole
    option: Whole
    kind: Whole
    job: Whole
    hours: Whole
    batch: Whole
    uses: Whole
    most_uses: Whole
    first_cost: Whole
    later_cost: Whole
    first_energy: Whole
    later_energy: Whole
    cost_unit: float
    energy_unit: float
    listed: Whole
    figures: Figures

    def __len__(self) -> int:
        return len(self.batch)

    def taken(self, places: Whole) -> Rows:
        """Some of the rows."""
        return replace(self, **{name: getattr(self, name)[places] for name in _COLUMNS})

    def objective(self) -> tuple[Whole, Whole]:
        """What a device and a later use add to the amount that is made least; images count below zero."""
        match self.order.goal:
            case Goal.COST:
                return self.first_cost, self.later_cost
            case Goal.ENERGY:
                return self.first_energy, self.later_energy
            case Goal.IMAGES:
                return -self.batch, -self.batch
            case _:
                return np.ones_like(self.batch), np.zeros_like(self.batch)

    def unit(self) -> float:
        """Of the objective: currency, Wh, devices or images that one unit of it stands for."""
        return {Goal.COST: self.cost_unit, Goal.ENERGY: self.energy_unit}.get(self.order.goal, 1.0)

    def limits(self) -> tuple[tuple[str, Whole, Whole, int], ...]:
        """Name of each limit on an amount, what a device and a later use add to it, and the most in units."""
        limits = self.order.limits
        cost = ("cost", self.first_cost, self.later_cost, limit_of(limits.cost, self.cost_unit))
        energy = ("energy", self.first_energy, self.later_energy, limit_of(limits.energy_wh, self.energy_unit))
        named = ((limits.cost, cost), (limits.energy_wh, energy))
        return tuple(one for limit, one in named if limit is not None)


def rows_of(order: Order) -> Rows:
    """Every row that may be used: that fits T by its mean times, the limits of uses and mini-batch, and the memory.

    Raises:
        InvalidError: money or energy matters and a device has no price or watts, or currencies differ.
    """
    priced = order.goal is Goal.COST or order.limits.cost is not None
    metered = order.goal is Goal.ENERGY or order.limits.energy_wh is not None
    if priced:
        check_prices(order.fleet)
    places, options = _listed(order)
    figures = (figures_of if order.deadline in _VARIED else means_of)(options)
    table = _with_hours(order, places, figures, priced=priced)
    capability, option, kind, job, hours, batch, uses, upmost, listed = table
    stocks = order.fleet.stocks
    price = np.array([stock.kind.price_per_hour or 0.0 for stock in stocks])[kind]
    seconds = np.stack([figures.first[0], figures.later[0]])[:, listed]
    money = np.where(hours > 0, [price * hours, 0.0 * price], price * seconds / HOUR_S) if priced else 0.0 * seconds
    joules = read(options, ("first_j", "later_j"))[:, listed] if metered else 0.0 * seconds
    energy = energy_of(order.fleet, kind, seconds, joules) if metered else 0.0 * seconds
    count = np.array([stock.count for stock in stocks])
    cost, cost_unit = whole(money, kind, uses, count)
    wh, energy_unit = whole(energy, kind, uses, count)
    return Rows(
        *(order, capability, option, kind, job, hours, batch, uses, upmost, *cost, *wh, cost_unit, energy_unit),
        *(listed, figures),
    )


def counted(rows: Rows, places: Whole, devices: int) -> Rows:
    """Some of the rows with their true t_r, in a plan of so many devices; those of which not even the first fits go."""
    true = true_uses(rows, places, devices)
    taken, most = rows.taken(places[true >= 0]), true[true >= 0]
    return replace(taken, uses=np.minimum(most, taken.uses), most_uses=most)


def true_uses(rows: Rows, places: Whole, devices: int) -> Whole:
    """Most later uses within T of some of the rows, in a plan of so many devices; -1 where not even the first fits."""
    order = rows.order
    each = order.probability ** (1 / devices)
    found = []
    for place in places.tolist():
        option = order.capabilities[rows.capability[place]].options[rows.option[place]]
        uses = most_uses(option, order.within_s, order.deadline, each, int(rows.most_uses[place]))
        found.append(-1 if uses is None else uses)
    return np.array(found, np.int64)


def tightened(rows: Rows, devices: int) -> Rows:
    """The rows with uses that are nearer to t_r in a plan of so many devices, never fewer; those that cannot fit go."""
    order = rows.order
    if order.deadline not in _VARIED:
        return rows
    terms = Terms(order.deadline, order.probability ** (1 / devices), MOST_USES)
    likely = np.maximum(uses_at_most(rows.figures, order.within_s, terms), -1).astype(np.int64)[rows.listed]
    kept = np.flatnonzero(likely >= 0)
    most = np.minimum(likely, rows.most_uses)[kept]
    return replace(rows.taken(kept), uses=np.minimum(rows.uses[kept], most), most_uses=most)


def _listed(order: Order) -> tuple[Whole, list[Option]]:
    """Capability, option, kind and job of every option, and the options."""
    kinds = {stock.kind.name: place for place, stock in enumerate(order.fleet.stocks)}
    jobs = {model: place for place, job in enumerate(order.jobs) for model in job.models}
    options: list[Option] = []
    whose, sizes = [], []
    for place, one in enumerate(order.capabilities):
        if one.device.name in kinds and one.model in jobs and one.options:
            whose.append((place, kinds[one.device.name], jobs[one.model]))
            sizes.append(len(one.options))
            options += one.options
    capability, kind, job = np.repeat(np.array(whose, np.int64).reshape(-1, 3), sizes, axis=0).T
    starts = np.cumsum(sizes, dtype=np.int64) - sizes
    return np.stack([capability, np.arange(len(options)) - np.repeat(starts, sizes), kind, job]), options


def _with_hours(order: Order, places: Whole, figures: Figures, *, priced: bool) -> Whole:
    """Capability, option, kind, job, hours, batch, uses, most uses and place in the list, of every row."""
    stocks = order.fleet.stocks
    memory = np.array([stock.kind.memory_bytes or np.inf for stock in stocks])[places[2]]
    limits = order.limits
    here = (figures.peak_bytes <= memory) & (figures.batch <= (limits.batch or np.inf))
    hourly = np.array([priced and stock.kind.billing is Billing.HOUR for stock in stocks], np.bool_)[places[2]]
    batch = figures.batch.astype(np.int64)
    wanted = np.array([2**40 if job.images is None else job.images for job in order.jobs])[places[3]]
    most = np.minimum(-(-wanted // np.maximum(batch, 1)) - 1, MOST_USES if limits.uses is None else limits.uses)
    spans = [(0, order.within_s, here & ~hourly)]
    if hourly.any():
        last = math.ceil(order.within_s / HOUR_S)
        spans += [(hours, min(order.within_s, hours * HOUR_S), here & hourly) for hours in range(1, last + 1)]
    upmost = np.minimum(_by_means(figures, order.within_s), most)
    parts, before = [], np.full(len(batch), -1)
    for hours, span, among in spans:
        uses = np.minimum(_by_means(figures, span), most)
        chosen = np.flatnonzero(among & (uses > before))
        if hours > 1 and np.all(~among | (before == most)):
            break
        before = np.where(among, np.maximum(uses, before), before)
        paid = np.full(len(chosen), hours)
        parts.append(np.vstack([places[:, chosen], paid, batch[chosen], uses[chosen], upmost[chosen], chosen]))
    return np.hstack(parts)


def _by_means(figures: Figures, span: float) -> Whole:
    """Later uses that fit by the mean times, one more where rounding could hide it; -1: not even the first fits."""
    left, later = span * (1 + ROUNDING) - figures.first[0], figures.later[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        uses = np.where(later > 0, np.floor(left / later * (1 + ROUNDING)), MOST_USES)
    return np.where(left >= 0, np.minimum(uses, MOST_USES), -1).astype(np.int64)
