"""WooCommerce's orders: counted once however often they are told, newest first, and a guest is not customer 0."""

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


def request(topic: str = "order.updated", **changes: Any) -> Request:
    return json_delivery(ORDER | changes, x_wc_webhook_topic=topic)


def told(topic: str = "order.updated", **changes: Any) -> list[Draft]:
    return woocommerce.translate_delivery(request(topic, **changes))


def types(topic: str = "order.updated", **changes: Any) -> list[str]:
    return [draft.event.type for draft in told(topic, **changes)]


def recorded(*deliveries: list[Draft]) -> list[Event]:
    """The events of one buyer as the ledger holds them: each id once, the first one."""
    events: dict[str, Event] = {}
    for draft in (draft for delivery in deliveries for draft in delivery):
        event = msgspec.structs.replace(draft.event, subjects=("e:z",))
        events.setdefault(event.id, event)
    return list(events.values())


def test_order_is_exact_in_a_currency_of_three_decimals() -> None:
    event = told()[0].event
    assert event.order
    assert (event.order.key, event.order.total) == ("woocommerce/main/727", 29350)
    assert [(item.product_id, item.quantity, item.price) for item in event.items] == [
        ("93", 2, 12100)
    ]


def test_guest_is_known_by_address_and_phone_only() -> None:
    assert identifier_values(told())[0] == (EMAIL_ADDRESS, "+442079460018")


def test_customer_is_known_within_the_shop() -> None:
    (customer, *_) = told(customer_id=25)[0].identifiers
    assert (customer.namespace, customer.value, customer.scope) == (
        "customer",
        "25",
        "woocommerce/main",
    )


def test_notes_and_keys_are_not_kept() -> None:
    assert "canary" not in str(told())


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
def test_status_tells_more_than_the_update(changes: dict[str, Any], expected: list[str]) -> None:
    assert types(**changes) == ["Order Updated", *expected]


def test_draft_of_a_checkout_is_no_order() -> None:
    (draft,) = told(status="checkout-draft")
    assert draft.event.order is None


def test_two_deliveries_with_one_delivery_id_are_two() -> None:
    # Its id is made of the webhook and the second.
    one = woocommerce.translate_delivery(request())
    other = woocommerce.translate_delivery(request(id=728))
    assert {draft.event.id for draft in one}.isdisjoint(draft.event.id for draft in other)


def test_delivery_replayed_under_another_id_is_the_same() -> None:
    again = msgspec.structs.replace(
        request(), headers=request().headers | {"x-wc-webhook-delivery-id": "other"}
    )
    assert [draft.event.id for draft in woocommerce.translate_delivery(again)] == [
        draft.event.id for draft in told()
    ]


def test_order_is_completed_once_however_often_it_is_updated() -> None:
    updates = [told("order.created"), told(), told(status="completed"), told(customer_note="x")]
    assert Counter(event.type for event in recorded(*updates))["Order Completed"] == 1


def test_old_update_does_not_uncancel() -> None:
    cancelled = told(status="cancelled", date_modified_gmt="2026-11-20T09:00:00")
    for deliveries in permutations([told("order.created"), told(), cancelled]):
        state = fold_events(recorded(*deliveries))
        assert (state.orders.count, state.orders.cancelled) == (0, 1)


def test_payment_counts_when_it_came_in_the_second_of_the_order() -> None:
    waiting = told("order.created", status="on-hold", date_paid_gmt=None)[0].event.order
    paid = told()[0].event.order
    assert waiting
    assert paid
    assert (waiting.status, paid.status) == ("placed", "paid")
    assert waiting.version < paid.version


def test_refunds_are_counted_once_each() -> None:
    first = {"id": 8, "total": "-1.000"}
    both = [first, {"id": 9, "total": "-2.500"}]
    deliveries = [
        told(),
        told(refunds=[first]),
        told(refunds=both),
        told(refunds=both, total_tax=1),
    ]
    for order in permutations(deliveries):
        assert fold_events(recorded(*order)).orders.money == {"KWD": 29350 - 3500}


def test_refunded_order_without_a_list_gave_everything_back() -> None:
    assert fold_events(recorded(told(), told(status="refunded"))).orders.money == {"KWD": 0}


def test_number_of_an_order_is_no_customer_under_a_changed_topic() -> None:
    with pytest.raises(InvalidEventError):
        told("customer.updated")


def test_stock_is_told_beside_a_changed_product() -> None:
    product = {"id": 5, "name": "Tea", "price": "3.20", "manage_stock": True, "stock_quantity": 7}
    drafts = woocommerce.translate_delivery(
        json_delivery(product, x_wc_webhook_topic="product.updated")
    )
    assert [draft.event.type for draft in drafts] == ["Product Updated", "Inventory Updated"]
    assert drafts[1].event.properties == {"stock_quantity": "7"}


def test_unknown_topic_is_refused_by_name() -> None:
    with pytest.raises(InvalidEventError) as refused:
        told("action.woocommerce_add_to_cart")
    assert refused.value.code == "unknown_topic"


@pytest.mark.parametrize(
    ("body", "headers", "is_ping"),
    [
        (b"webhook_id=142", {}, True),
        (b"webhook_id=142&a=1", {}, False),
        (b"webhook_id=142\n", {}, False),
        (b"webhook_id=142", {"x-wc-webhook-signature": "x"}, False),
    ],
)
def test_ping_is_answered_and_nothing_else(
    body: bytes, headers: dict[str, str], is_ping: bool
) -> None:
    reply = woocommerce.answer_handshake(Request("main", body, NOW, headers), [SECRET], NOW)
    assert (reply is not None) == is_ping


def test_sample_is_genuine_and_of_nobody() -> None:
    sample = woocommerce.build_sample(Request("main", b"", NOW), SECRET)
    woocommerce.verify_delivery(sample, ["newer", SECRET], NOW + timedelta(days=3))
    assert identifier_values(woocommerce.translate_delivery(sample)) == [()]
    with pytest.raises(SignatureError, match="signature"):
        woocommerce.verify_delivery(sample, ["newer"], NOW)


def test_old_order_that_is_edited_was_completed_when_it_was_paid() -> None:
    completed = told(date_paid_gmt="2026-08-01T08:00:00")[1].event
    assert (completed.type, completed.occurred_at) == (
        "Order Completed",
        "2026-08-01T08:00:00.000Z",
    )
    assert completed.backfill
