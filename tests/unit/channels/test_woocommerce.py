"""Test that each WooCommerce order counts once, that the newest version wins, and that a guest is not customer 0."""

from collections import Counter
from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest

from regulars.channels.commerce.woocommerce import webhook as woocommerce
from regulars.channels.contract import Draft, Request
from regulars.domain.errors import InvalidEventError, SignatureError
from regulars.domain.events import Event
from regulars.domain.profiles import fold_events
from tests.support.deliveries import EMAIL_ADDRESS, NOW, identifier_values, json_delivery

SECRET = "a&b<'\"c"
ORDER: dict[str, Any] = {
    "id": 727,
    "status": "processing",
    "currency": "KWD",
    "total": "29.350",
    "customer_id": 0,
    "date_created_gmt": "2026-11-20T08:00:00",
    "date_modified_gmt": "2026-11-20T08:00:00",
    "date_paid_gmt": "2026-11-20T08:00:00",
    "order_key": "wc_order_canary",
    "customer_note": "a canary note",
    "billing": {
        "email": EMAIL_ADDRESS,
        "phone": "020 7946 0018",
        "country": "GB",
        "first_name": "Z",
    },
    "line_items": [
        {"product_id": 93, "name": "Tea", "quantity": 2, "price": 12.1},
        {"product_id": 0, "sku": "", "name": "Gone", "quantity": 1, "price": 5},
    ],
    "coupon_lines": [{"code": "10off"}],
    "refunds": [],
}


def build_request(topic: str = "order.updated", **changes: Any) -> Request:
    return json_delivery(ORDER | changes, x_wc_webhook_topic=topic)


def translate_order(topic: str = "order.updated", **changes: Any) -> list[Draft]:
    return woocommerce.translate_delivery(build_request(topic, **changes))


def list_event_types(topic: str = "order.updated", **changes: Any) -> list[str]:
    return [draft.event.type for draft in translate_order(topic, **changes)]


def deduplicate_events(*deliveries: list[Draft]) -> list[Event]:
    """Return the events of one buyer as the ledger stores them: the first of each id."""
    events: dict[str, Event] = {}
    for draft in (draft for delivery in deliveries for draft in delivery):
        event = msgspec.structs.replace(draft.event, subjects=("e:z",))
        events.setdefault(event.id, event)
    return list(events.values())


def test_order_is_exact_in_a_currency_of_three_decimals() -> None:
    event = translate_order()[0].event
    assert event.order
    assert (event.order.key, event.order.total) == ("woocommerce/main/727", 29350)
    assert [(item.product_id, item.quantity, item.price) for item in event.items] == [
        ("93", 2, 12100)
    ]


def test_guest_is_identified_by_address_and_phone_only() -> None:
    assert identifier_values(translate_order())[0] == (EMAIL_ADDRESS, "+442079460018")


def test_customer_id_has_the_shop_as_scope() -> None:
    (customer, *_) = translate_order(customer_id=25)[0].identifiers
    assert (customer.namespace, customer.value, customer.scope) == (
        "customer",
        "25",
        "woocommerce/main",
    )


def test_notes_and_keys_are_not_stored() -> None:
    assert "canary" not in str(translate_order())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "pending", "date_paid_gmt": None}, []),
        ({}, ["Order Completed"]),
        ({"status": "completed"}, ["Order Completed", "Order Fulfilled"]),
        ({"status": "cancelled"}, ["Order Cancelled"]),
        ({"status": "failed", "date_paid_gmt": None}, ["Payment Failed"]),
        ({"created_via": "pos-rest-api"}, ["Order Completed", "In-Store Sale"]),
        ({"refunds": [{"id": 9, "total": "-1.000"}]}, ["Order Completed", "Order Refunded"]),
        ({"status": "refunded"}, ["Order Completed", "Order Refunded"]),
    ],
)
def test_order_status_implies_further_events(changes: dict[str, Any], expected: list[str]) -> None:
    assert list_event_types(**changes) == ["Order Updated", *expected]


def test_checkout_draft_has_no_order() -> None:
    (draft,) = translate_order(status="checkout-draft")
    assert draft.event.order is None


def test_deliveries_with_one_delivery_id_have_different_events() -> None:
    # WooCommerce builds the delivery id from the webhook and the second.
    first = woocommerce.translate_delivery(build_request())
    second = woocommerce.translate_delivery(build_request(id=728))
    assert {draft.event.id for draft in first}.isdisjoint(draft.event.id for draft in second)


def test_delivery_has_the_same_events_when_replayed_with_another_id() -> None:
    again = msgspec.structs.replace(
        build_request(), headers=build_request().headers | {"x-wc-webhook-delivery-id": "other"}
    )
    assert [draft.event.id for draft in woocommerce.translate_delivery(again)] == [
        draft.event.id for draft in translate_order()
    ]


def test_order_is_completed_once_when_it_is_updated_often() -> None:
    updates = [
        translate_order("order.created"),
        translate_order(),
        translate_order(status="completed"),
        translate_order(customer_note="x"),
    ]
    assert Counter(event.type for event in deduplicate_events(*updates))["Order Completed"] == 1


def test_cancelled_order_stays_cancelled_in_any_order_of_deliveries() -> None:
    cancelled = translate_order(status="cancelled", date_modified_gmt="2026-11-20T09:00:00")
    for deliveries in permutations(
        [translate_order("order.created"), translate_order(), cancelled]
    ):
        state = fold_events(deduplicate_events(*deliveries))
        assert (state.orders.count, state.orders.cancelled) == (0, 1)


def test_payment_wins_over_the_order_of_the_same_second() -> None:
    waiting = translate_order("order.created", status="on-hold", date_paid_gmt=None)[0].event.order
    paid = translate_order()[0].event.order
    assert waiting
    assert paid
    assert (waiting.status, paid.status) == ("placed", "paid")
    assert waiting.version < paid.version


def test_each_refund_is_counted_once() -> None:
    first = {"id": 8, "total": "-1.000"}
    both = [first, {"id": 9, "total": "-2.500"}]
    deliveries = [
        translate_order(),
        translate_order(refunds=[first]),
        translate_order(refunds=both),
        translate_order(refunds=both, total_tax=1),
    ]
    for order in permutations(deliveries):
        assert fold_events(deduplicate_events(*order)).orders.money == {"KWD": 29350 - 3500}


def test_order_is_refunded_completely_when_it_lists_no_refunds() -> None:
    assert fold_events(
        deduplicate_events(translate_order(), translate_order(status="refunded"))
    ).orders.money == {"KWD": 0}


def test_order_is_rejected_when_its_topic_is_changed_to_customer() -> None:
    with pytest.raises(InvalidEventError):
        translate_order("customer.updated")


def test_product_update_produces_a_stock_event() -> None:
    product = {"id": 5, "name": "Tea", "price": "3.20", "manage_stock": True, "stock_quantity": 7}
    drafts = woocommerce.translate_delivery(
        json_delivery(product, x_wc_webhook_topic="product.updated")
    )
    assert [draft.event.type for draft in drafts] == ["Product Updated", "Inventory Updated"]
    assert drafts[1].event.properties == {"stock_quantity": "7"}


def test_unknown_topic_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_order("action.woocommerce_add_to_cart")
    assert raised.value.code == "unknown_topic"


@pytest.mark.parametrize(
    ("body", "headers", "is_ping"),
    [
        (b"webhook_id=142", {}, True),
        (b"webhook_id=142&a=1", {}, False),
        (b"webhook_id=142\n", {}, False),
        (b"webhook_id=142", {"x-wc-webhook-signature": "x"}, False),
    ],
)
def test_handshake_answers_the_ping_only(
    body: bytes, headers: dict[str, str], is_ping: bool
) -> None:
    reply = woocommerce.answer_handshake(
        Request(source="main", body=body, received_at=NOW, headers=headers), [SECRET], NOW
    )
    assert (reply is not None) == is_ping


def test_sample_is_verified_and_names_no_person() -> None:
    sample = woocommerce.build_sample(Request("main", b"", NOW), SECRET)
    woocommerce.verify_delivery(sample, ["newer", SECRET], NOW + timedelta(days=3))
    assert identifier_values(woocommerce.translate_delivery(sample)) == [()]
    with pytest.raises(SignatureError, match="signature"):
        woocommerce.verify_delivery(sample, ["newer"], NOW)


def test_completed_event_has_the_time_of_the_payment() -> None:
    completed = translate_order(date_paid_gmt="2026-08-01T08:00:00")[1].event
    assert (completed.type, completed.occurred_at) == (
        "Order Completed",
        "2026-08-01T08:00:00.000Z",
    )
    assert completed.backfill
