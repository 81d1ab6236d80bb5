"""Lifecycle stages of buyers with a known answer."""

from datetime import UTC, datetime

import pytest

from regulars.domain.consent import Consents, ConsentStatement
from regulars.domain.lifecycle import gap_days_of, lifecycle_stage
from regulars.domain.orders import OrderTotals
from regulars.domain.profiles import ProfileState

CONSENTS = Consents(
    statements={"email/marketing/e:1/granted": ConsentStatement("2026-11-01T00:00:00.000Z")}
)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def build_buyer(count: int, first: str, last: str) -> ProfileState:
    return ProfileState(orders=OrderTotals(count=count, first=first, last=last))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ProfileState(), "visitor"),
        (ProfileState(counts={"Page Viewed": 9}), "visitor"),
        (ProfileState(counts={"Identified": 1}), "lead"),
        (ProfileState(consents=CONSENTS), "lead"),
        (build_buyer(1, "2026-11-01", "2026-11-01"), "new"),
        (build_buyer(2, "2026-06-01", "2026-11-01"), "active"),
        (build_buyer(9, "2025-06-01", "2026-11-01"), "loyal"),
        (build_buyer(1, "2026-08-01", "2026-08-01"), "at_risk"),
        (build_buyer(1, "2026-02-01", "2026-02-01"), "dormant"),
        (build_buyer(1, "2020-02-01", "2020-02-01"), "lost"),
        (build_buyer(1, "2026-11-21", "2026-11-21"), "new"),
    ],
)
def test_stage_follows_orders_and_silence(state: ProfileState, expected: str) -> None:
    assert lifecycle_stage(state, NOW) == expected


def test_stage_follows_the_persons_own_rhythm() -> None:
    weekly = build_buyer(10, "2026-07-10", "2026-09-11")
    yearly = build_buyer(4, "2023-09-11", "2026-09-11")
    assert lifecycle_stage(weekly, NOW) == "lost"
    assert lifecycle_stage(yearly, NOW) == "active"


def test_stage_follows_the_shops_rhythm_when_the_person_has_none() -> None:
    once = build_buyer(1, "2026-08-01", "2026-08-01")
    assert lifecycle_stage(once, NOW, default_gap_days=10) == "lost"
    assert lifecycle_stage(once, NOW, default_gap_days=200) == "new"


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        (OrderTotals(count=3, first="2026-01-01", last="2026-01-01"), 7),
        (OrderTotals(count=3, first="2006-01-01", last="2026-01-01"), 365),
        (OrderTotals(count=3, first="2026-01-01", last="2026-03-02"), 30),
        (OrderTotals(count=2, first="2026-01-01", last="2026-01-02"), 60),
    ],
)
def test_expected_gap_stays_within_bounds(orders: OrderTotals, expected: float) -> None:
    assert gap_days_of(orders) == expected
