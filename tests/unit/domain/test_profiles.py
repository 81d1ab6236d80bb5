"""The fold of a person's events into a state."""

from itertools import permutations
from typing import Any

import pytest

from regulars.domain.consent_decisions import find_consent
from regulars.domain.events import ConsentChange, Event, Item, OrderFact, event_id
from regulars.domain.orders import NO_ORDERS, OrderTotals
from regulars.domain.profiles import (
    OTHER_EVENT_TYPE,
    ProfileState,
    decode_state,
    encode_state,
    fold_events,
    fold_orders,
)


def build_event(name: str = "page", day: int = 1, **fields: Any) -> Event:
    defaults: dict[str, Any] = {
        "type": "Page Viewed",
        "channel": "web",
        "source": "segment/web",
        "occurred_at": f"2026-11-{day:02}T10:00:00.000Z",
        "received_at": "2026-11-20T10:00:00.000Z",
        "subjects": ("u:ann",),
    }
    return Event(id=event_id(name), **defaults | fields)


def build_order_event(name: str, version: str = "1", items: int = 1, **fields: Any) -> Event:
    defaults: dict[str, Any] = {"total": 1000, "currency": "EUR"}
    fact = OrderFact(version=version, **{"key": "shop/1"} | defaults | fields)
    return build_event(name, order=fact, items=(Item(product_id="p1", quantity=items),))


def build_refund_event(
    name: str, id_: str = "r1", amount: int | None = 300, version: str = "1"
) -> Event:
    return build_order_event(name, version, refund_id=id_, refunded=amount, total=0)


def fold_every_order(*events: Event) -> list[ProfileState]:
    """Return the states of all permutations of the events; one state when all agree."""
    return [
        decode_state(text)
        for text in {encode_state(fold_events(sequence)) for sequence in permutations(events)}
    ]


def test_state_of_no_events_is_empty() -> None:
    assert encode_state(fold_events([])) == b"{}"
    assert (fold_events([]).first_seen, fold_events([]).last_seen) == ("", "")


def test_state_has_first_and_last_event_of_each_channel() -> None:
    (state,) = fold_every_order(
        build_event("a", 3), build_event("b", 1, channel="shop"), build_event("c", 2)
    )
    assert (state.first_seen[:10], state.last_seen[:10]) == ("2026-11-01", "2026-11-03")
    assert {name: activity.events for name, activity in state.channels.items()} == {
        "web": 2,
        "shop": 1,
    }


def test_state_counts_unknown_types_together() -> None:
    state = fold_events(
        [build_event(str(number), type=f"Invented {number}") for number in range(50)]
    )
    assert state.counts == {OTHER_EVENT_TYPE: 50}


def test_state_ignores_unknown_traits_and_consent_channels() -> None:
    change = ConsentChange(channel="carrier pigeon", status="granted", at="2026-11-01")
    assert fold_events(
        [build_event(traits={"shoe size": "42"}, consents=(change,))]
    ) == fold_events([build_event()])


def test_test_event_changes_nothing() -> None:
    assert (
        fold_events([build_event(test=True, order=build_order_event("x").order)]) == ProfileState()
    )


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (("granted", "2026-11-01"), ("denied", "2026-11-02"), "denied"),
        (("denied", "2026-11-01"), ("granted", "2026-11-02"), "granted"),
        (("denied", "2026-11-01"), ("granted", "2026-11-01"), "denied"),
        (("pending", "2026-11-01"), ("granted", "2026-11-01"), "pending"),
    ],
)
def test_newest_consent_is_in_force_and_the_stricter_of_the_same_time(
    first: tuple[str, str], second: tuple[str, str], status: str
) -> None:
    changes = [ConsentChange(channel="email", status=word, at=at) for word, at in (first, second)]
    (state,) = fold_every_order(
        *(build_event(change.status, consents=(change,), subjects=("e:ann",)) for change in changes)
    )
    consent = find_consent(state.consents, "email", "marketing", "e:ann")
    assert consent
    assert (consent.status, consent.statement.at) == (status, max(first[1], second[1]))


def test_newest_trait_is_kept() -> None:
    (state,) = fold_every_order(
        build_event("a", 1, traits={"country": "GB"}), build_event("b", 2, traits={"country": "DE"})
    )
    assert state.traits["country"].value == "DE"


def test_order_of_many_sources_is_counted_once() -> None:
    (state,) = fold_every_order(
        build_order_event("web"),
        build_order_event("shop", "2", total=900),
        build_order_event("import", items=3),
    )
    assert (state.orders.count, state.orders.money) == (1, {"EUR": 900})


def test_refunds_are_subtracted_once_each() -> None:
    (state,) = fold_every_order(
        build_order_event("order"),
        build_refund_event("a"),
        build_refund_event("b"),
        build_refund_event("c", "r2", 200),
    )
    assert state.orders.money == {"EUR": 500}
    assert state.orders.refunded == {"EUR": 500}


def test_refund_in_a_snapshot_is_not_subtracted_again() -> None:
    (state,) = fold_every_order(
        build_order_event("order", "2", refunded=300), build_refund_event("a")
    )
    assert state.orders.money == {"EUR": 700}


@pytest.mark.parametrize(
    "refund", [build_refund_event("a", amount=None), build_refund_event("a", amount=5000)]
)
def test_refund_never_exceeds_the_total(refund: Event) -> None:
    (state,) = fold_every_order(build_order_event("order"), refund)
    assert state.orders.money == {"EUR": 0}


def test_snapshot_may_be_refunded_in_full() -> None:
    assert fold_events([build_order_event("order", refunded=None)]).orders.money == {"EUR": 0}


def test_refund_of_an_unknown_order_counts_nothing_yet() -> None:
    assert fold_events([build_refund_event("a")]).orders is NO_ORDERS


def test_newest_version_of_a_refund_counts() -> None:
    (state,) = fold_every_order(
        build_order_event("order"),
        build_refund_event("a", amount=100),
        build_refund_event("b", amount=400, version="2"),
    )
    assert state.orders.money == {"EUR": 600}


def test_cancelled_order_is_no_purchase() -> None:
    (state,) = fold_every_order(
        build_order_event("order"),
        build_order_event("cancelled", "2", status="cancelled"),
        build_refund_event("a"),
    )
    assert state.orders == OrderTotals(cancelled=1)


def test_orders_of_several_currencies_are_not_added_up() -> None:
    (state,) = fold_every_order(
        build_order_event("a"), build_order_event("b", key="shop/2", currency="JPY", total=500)
    )
    assert state.orders.money == {"EUR": 1000, "JPY": 500}


def test_order_time_is_when_it_was_placed_or_first_mentioned() -> None:
    events = [build_order_event("a", placed_at="2026-10-01"), build_order_event("b", key="shop/2")]
    assert [order.order_time[:10] for order in fold_orders(events).values()] == [
        "2026-10-01",
        "2026-11-01",
    ]


def test_mean_gap_needs_two_orders() -> None:
    assert OrderTotals(count=1).mean_gap_days is None
    three = OrderTotals(count=3, first="2026-11-01", last="2026-11-11")
    assert three.mean_gap_days == 5.0
