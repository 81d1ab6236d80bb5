"""Where a person stands as a buyer: a pure function of what is known, the time and the person's own rhythm."""

from datetime import datetime, timedelta
from typing import Literal

from regulars.domain.orders import OrderTotals
from regulars.domain.profiles import ProfileState
from regulars.domain.times import from_text

type Stage = Literal["visitor", "lead", "new", "active", "loyal", "at_risk", "dormant", "lost"]

DEFAULT_GAP = 60.0  # days between two orders, where a shop does not know better
OWN_RHYTHM = 3  # orders from which a person's own gap says more than the shop's
LOYAL = 5  # orders
SHORTEST, LONGEST = 7.0, 365.0  # a burst of orders, or two in ten years, make no rhythm
NAMED = (
    "Identified",
    "Customer Created",
    "Customer Updated",
)  # what tells that somebody gave their name
# Silence in gaps, up to which a buyer is in touch, at risk, dormant; beyond, lost.
IN_TOUCH, AT_RISK, DORMANT = 1.5, 3.0, 6.0


def stage(state: ProfileState, now: datetime, default_gap: float = DEFAULT_GAP) -> Stage:
    """The stage at `now`; `default_gap` is the shop's usual number of days between two orders.

    Never stored: silence alone moves a person on.
    """
    if not state.orders.count:
        named = any(name in state.counts for name in NAMED)
        return "lead" if state.consent or named else "visitor"
    silence = (now - from_text(state.orders.last)) / timedelta(days=gap(state.orders, default_gap))
    if silence <= IN_TOUCH:
        return _in_touch(state.orders.count)
    if silence <= AT_RISK:
        return "at_risk"
    return "dormant" if silence <= DORMANT else "lost"


def gap(orders: OrderTotals, default_gap: float = DEFAULT_GAP) -> float:
    """The days to expect between two orders of this person."""
    own = orders.mean_gap_days if orders.count >= OWN_RHYTHM else None
    return min(LONGEST, max(SHORTEST, default_gap if own is None else own))


def _in_touch(orders: int) -> Stage:
    if orders == 1:
        return "new"
    return "loyal" if orders >= LOYAL else "active"
