"""What anybody can send changes no order that a stronger source reports, whether or not it is a claim."""

from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from regulars.domain.events import Event, event_id
from regulars.domain.orders import Order, fold_order
from regulars.domain.profiles import ProfileState, add_events, combine_states
from tests.support.profile_stories import build_event, build_order_event

REFUND = {"refund_id": "r1", "total": 0}
ATTACK_FACTS: dict[str, dict[str, Any]] = {
    "newer total": {"total": 1},
    "cancellation": {"status": "cancelled"},
    "refund": REFUND | {"refunded": 900},
    "full refund": REFUND | {"refunded": None},
    "other currency": {"currency": "USD"},
    "time before": {"placed_at": "1991-01-01T00:00:00.000Z"},
}


def report_order(trust: str, day: int, **fields: Any) -> Event:
    event = build_order_event(f"{trust}{day}", "shop/1", "u:1", day=day, **fields)
    return replace(event, trust=trust)


def describe(order: Order) -> tuple[object, ...]:
    return order.order_time, order.total, order.net_amount, order.currency, order.status


@pytest.mark.parametrize("attack", ATTACK_FACTS.values(), ids=ATTACK_FACTS)
@pytest.mark.parametrize("trust", ["server", "verified"])
@pytest.mark.parametrize("day", [1, 9])
def test_browser_changes_no_order_of_a_stronger_source(
    attack: dict[str, Any], trust: str, day: int
) -> None:
    order, false = report_order(trust, 5), report_order("browser", day, **attack)
    expected = describe(fold_order([order]))
    for events in permutations([order, false, false]):
        assert describe(fold_order(events)) == expected


@pytest.mark.parametrize("claimed", [True, False])
def test_claim_moves_no_order_without_a_time_of_its_own(claimed: bool) -> None:
    order = report_order("server", 5)
    false = report_order("browser", 1, claimed=claimed)
    assert fold_order([false, order]).order_time == order.occurred_at


def test_browser_reports_and_refunds_its_own_orders() -> None:
    refund = report_order("browser", 3, **REFUND | {"refunded": 300})
    for events in permutations([report_order("browser", 1), report_order("browser", 2), refund]):
        assert fold_order(events).net_amount == 700


def test_source_refunds_the_order_of_a_browser() -> None:
    refund = report_order("verified", 3, **REFUND | {"refunded": 300})
    assert fold_order([report_order("browser", 1), refund]).net_amount == 700


def test_browser_moves_no_known_customer_to_another_country() -> None:
    known = build_event("1", "u:1", day=1, trust="server", traits={"country": "GB"})
    false = build_event("2", "u:1", day=9, traits={"country": "KP", "locale": "ko"})
    for events in permutations([known, false]):
        traits = add_events(ProfileState(), events).traits
        assert {name: trait.value for name, trait in traits.items()} == {
            "country": "GB",
            "locale": "ko",
        }
        parts = (add_events(ProfileState(), [event]) for event in events)
        assert combine_states(parts).traits == traits


def test_id_of_an_event_does_not_depend_on_separators_within_its_parts() -> None:
    assert event_id("segment", "web", "server\x1fm1") != event_id("segment", "web", "server", "m1")
    assert event_id("segment", "web", "server\x1fm1") == event_id("segment", "web", "server\x1fm1")
