"""The fold of a person's events, fact by fact."""

from itertools import permutations
from typing import Any

import pytest

from regulars.domain.events import ConsentChange, Event, Item, OrderFact, event_id
from regulars.domain.orders import NO_ORDERS, OrderTotals
from regulars.domain.profiles import (
    OTHER_EVENT_TYPE,
    Consent,
    ProfileState,
    decode_state,
    encode_state,
    fold_events,
    fold_orders,
)


def event(name: str = "one", day: int = 1, **fields: Any) -> Event:
    defaults: dict[str, Any] = {
        "type": "Page Viewed",
        "channel": "web",
        "source": "segment/web",
        "occurred_at": f"2026-11-{day:02}T10:00:00.000Z",
        "received_at": "2026-11-20T10:00:00.000Z",
        "subjects": ("u:ann",),
    }
    return Event(id=event_id(name), **defaults | fields)


def order(name: str, version: str = "1", items: int = 1, **fact: Any) -> Event:
    defaults: dict[str, Any] = {"total": 1000, "currency": "EUR"}
    told = OrderFact(key=fact.pop("key", "shop/1"), version=version, **defaults | fact)
    return event(name, order=told, items=(Item(product_id="p1", quantity=items),))


def refund(name: str, id_: str = "r1", amount: int | None = 300, version: str = "1") -> Event:
    return order(name, version, refund_id=id_, refunded=amount, total=0)


def every_way(*events: Event) -> list[ProfileState]:
    """The fold in every order; one state if all agree."""
    return [
        decode_state(text)
        for text in {encode_state(fold_events(way)) for way in permutations(events)}
    ]


def test_state_of_nothing_says_nothing() -> None:
    assert encode_state(fold_events([])) == b"{}"
    assert (fold_events([]).first_seen, fold_events([]).last_seen) == ("", "")


def test_state_knows_when_and_where_somebody_was_seen() -> None:
    (state,) = every_way(event("a", 3), event("b", 1, channel="shop"), event("c", 2))
    assert (state.first_seen[:10], state.last_seen[:10]) == ("2026-11-01", "2026-11-03")
    assert {name: seen.events for name, seen in state.channels.items()} == {"web": 2, "shop": 1}


def test_state_counts_invented_types_together() -> None:
    state = fold_events([event(str(number), type=f"Invented {number}") for number in range(50)])
    assert state.counts == {OTHER_EVENT_TYPE: 50}


def test_state_ignores_what_nobody_asked_for() -> None:
    told = ConsentChange(channel="carrier pigeon", status="granted", at="2026-11-01")
    assert fold_events([event(traits={"shoe size": "42"}, consents=(told,))]) == fold_events(
        [event()]
    )


def test_test_event_changes_nothing() -> None:
    assert fold_events([event(test=True, order=order("x").order)]) == ProfileState()


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (("granted", "2026-11-01"), ("denied", "2026-11-02"), "denied"),
        (("denied", "2026-11-01"), ("granted", "2026-11-02"), "granted"),
        (("denied", "2026-11-01"), ("granted", "2026-11-01"), "denied"),
        (("pending", "2026-11-01"), ("granted", "2026-11-01"), "pending"),
    ],
)
def test_newest_consent_is_in_force_and_the_stricter_of_two_at_once(
    first: tuple[str, str], second: tuple[str, str], status: str
) -> None:
    changes = [ConsentChange(channel="email", status=word, at=at) for word, at in (first, second)]
    (state,) = every_way(*(event(change.status, consents=(change,)) for change in changes))
    assert state.consent == {"email": Consent(status, max(first[1], second[1]))}


def test_newest_trait_is_kept() -> None:
    (state,) = every_way(
        event("a", 1, traits={"country": "GB"}), event("b", 2, traits={"country": "DE"})
    )
    assert state.traits["country"].value == "DE"


def test_order_told_by_many_is_counted_once() -> None:
    (state,) = every_way(order("web"), order("shop", "2", total=900), order("import", items=3))
    assert (state.orders.count, state.orders.money) == (1, {"EUR": 900})


def test_refunds_are_subtracted_once_each() -> None:
    (state,) = every_way(order("order"), refund("a"), refund("b"), refund("c", "r2", 200))
    assert state.orders.money == {"EUR": 500}
    assert state.orders.refunded == {"EUR": 500}
    assert state.orders.gross_money == {"EUR": 1000}


def test_refund_in_a_snapshot_is_not_subtracted_again() -> None:
    (state,) = every_way(order("order", "2", refunded=300), refund("a"))
    assert state.orders.money == {"EUR": 700}


@pytest.mark.parametrize("paid_back", [refund("a", amount=None), refund("a", amount=5000)])
def test_refund_takes_everything_at_most(paid_back: Event) -> None:
    (state,) = every_way(order("order"), paid_back)
    assert state.orders.money == {"EUR": 0}


def test_snapshot_may_say_that_everything_was_paid_back() -> None:
    assert fold_events([order("order", refunded=None)]).orders.money == {"EUR": 0}


def test_refund_of_an_unknown_order_counts_nothing_yet() -> None:
    assert fold_events([refund("a")]).orders is NO_ORDERS


def test_refund_told_again_is_as_told_last() -> None:
    (state,) = every_way(
        order("order"), refund("a", amount=100), refund("b", amount=400, version="2")
    )
    assert state.orders.money == {"EUR": 600}


def test_cancelled_order_is_no_purchase() -> None:
    (state,) = every_way(order("order"), order("cancelled", "2", status="cancelled"), refund("a"))
    assert state.orders == OrderTotals(cancelled=1)


def test_orders_of_several_currencies_are_not_added_up() -> None:
    (state,) = every_way(order("a"), order("b", key="shop/2", currency="JPY", total=500))
    assert state.orders.money == {"EUR": 1000, "JPY": 500}


def test_order_was_placed_when_it_says_or_was_first_told() -> None:
    told = [order("a", placed_at="2026-10-01"), order("b", key="shop/2")]
    assert [one.ordered_at[:10] for one in fold_orders(told).values()] == [
        "2026-10-01",
        "2026-11-01",
    ]


def test_mean_gap_needs_two_orders() -> None:
    assert OrderTotals(count=1).mean_gap_days is None
    three = OrderTotals(count=3, first="2026-11-01", last="2026-11-11")
    assert three.mean_gap_days == 5.0
