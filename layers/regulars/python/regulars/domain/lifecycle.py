"""Compute the lifecycle stage of a buyer from the profile, the time and the buyer's own rhythm of orders."""

from datetime import datetime, timedelta
from typing import Literal

from regulars.domain.consent import NO_CONSENTS
from regulars.domain.orders import OrderTotals
from regulars.domain.profiles import ProfileState
from regulars.domain.times import from_text

type Stage = Literal["visitor", "lead", "new", "active", "loyal", "at_risk", "dormant", "lost"]

DEFAULT_GAP_DAYS = 60.0  # between two orders, where the shop has no figure of its own
MIN_RHYTHM_ORDERS = 3  # from here on a person's own gap predicts better than the shop's
MIN_LOYAL_ORDERS = 5
# A burst of orders, or two orders in ten years, are no rhythm.
MIN_GAP_DAYS, MAX_GAP_DAYS = 7.0, 365.0
# The types of events by which a person has identified themselves.
IDENTIFYING_EVENT_TYPES = ("Identified", "Customer Created", "Customer Updated")
# The longest silence of each stage in gaps; a buyer who is silent longer is lost.
MAX_IN_TOUCH_GAPS, MAX_AT_RISK_GAPS, MAX_DORMANT_GAPS = 1.5, 3.0, 6.0


def lifecycle_stage(
    state: ProfileState, now: datetime, default_gap_days: float = DEFAULT_GAP_DAYS
) -> Stage:
    """Return the stage at `now`; `default_gap_days` is the shop's usual number of days between two orders.

    A stage is never stored, since silence alone changes it.
    """
    if not state.orders.count:
        return "lead" if _is_lead(state) else "visitor"
    gap = timedelta(days=gap_days_of(state.orders, default_gap_days))
    silence = (now - from_text(state.orders.last)) / gap
    if silence <= MAX_IN_TOUCH_GAPS:
        return _stage_in_touch(state.orders.count)
    if silence <= MAX_AT_RISK_GAPS:
        return "at_risk"
    return "dormant" if silence <= MAX_DORMANT_GAPS else "lost"


def gap_days_of(orders: OrderTotals, default_gap_days: float = DEFAULT_GAP_DAYS) -> float:
    """Return the expected number of days between two orders of this person."""
    own_gap = orders.mean_gap_days if orders.count >= MIN_RHYTHM_ORDERS else None
    return min(MAX_GAP_DAYS, max(MIN_GAP_DAYS, default_gap_days if own_gap is None else own_gap))


def _is_lead(state: ProfileState) -> bool:
    is_identified = any(type_ in state.counts for type_ in IDENTIFYING_EVENT_TYPES)
    return state.consents != NO_CONSENTS or is_identified


def _stage_in_touch(orders: int) -> Stage:
    if orders == 1:
        return "new"
    return "loyal" if orders >= MIN_LOYAL_ORDERS else "active"
