"""Rows of an allocation that another row does as well: of equal price the one that holds most images.

A device that is billed by the hour costs the same whatever it does in its hours. Let two rows be of one kind, one job
and one number of hours, and energy not matter. In any plan each device of the row that holds fewer images within T can
work as the other row says: it then holds no fewer, and costs the same. So only the row that holds most is needed. Most
images are also what the goal of images wants.

With lost devices a row has two numbers of images, those of the hours and those up to T, so none is left out.
"""

from __future__ import annotations

import numpy as np

from vedette.rules.capacity.allocation import Rows, true_uses
from vedette.rules.capacity.allocation_amounts import Whole


def undominated(rows: Rows, devices: int) -> Rows:
    """The rows that are needed in a plan of so many devices."""
    free = (rows.later_cost == 0) & (rows.first_energy == 0) & (rows.later_energy == 0)
    alike = np.flatnonzero((rows.hours > 0) & free)
    if rows.order.lost_devices or len(alike) < 2:  # noqa: PLR2004 - a pair
        return rows
    others = np.setdiff1d(np.arange(len(rows)), alike, assume_unique=True)
    return rows.taken(np.union1d(others, _most_images(rows, alike, devices)))


def _most_images(rows: Rows, places: Whole, devices: int) -> Whole:
    """Of each kind, job and number of hours the row that holds most images by its true t_r."""
    group = (rows.kind[places] * len(rows.order.jobs) + rows.job[places]) * (rows.hours.max() + 1) + rows.hours[places]
    images = rows.batch[places] * (1 + rows.uses[places])
    found: list[Whole] = []
    while len(places):
        first = _first_of_each(group, -images)
        true = true_uses(rows, places[first], devices)
        held = np.zeros(group.max() + 1, np.int64)
        held[group[first]] = rows.batch[places[first]] * (1 + np.minimum(true, rows.uses[places[first]]))
        found.append(places[first[true >= 0]])
        better = images > held[group]
        better[first] = False
        places, group, images = places[better], group[better], images[better]
    return np.concatenate(found)


def _first_of_each(group: Whole, measure: Whole) -> Whole:
    """The place of the least measure of each group."""
    ranked = np.lexsort((measure, group))
    return ranked[np.flatnonzero(np.diff(group[ranked], prepend=-1))]
