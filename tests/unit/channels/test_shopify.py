"""Test that Shopify resources become events with exact amounts and without contact data."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from regulars.channels.commerce.shopify.webhook import (
    build_sample,
    translate_delivery,
    verify_delivery,
)
from regulars.channels.contract import Draft, Request
from regulars.domain.errors import InvalidEventError, SignatureError
from regulars.domain.events import Event, encode_event
from tests.support import shopify_deliveries as shopify

NOW = datetime(2026, 11, 20, 9, 0, 10, tzinfo=UTC)
CANARIES = ("zebedee", "canary", "7946", "aunt", "203.0.113", "visit-7f3a", "authenticate")


def build_request(body: dict[str, Any], topic: str = "orders/paid", **headers: str) -> Request:
    raw = json.dumps(body).encode()
    lower_headers = {
        name.lower(): value for name, value in shopify.build_headers(raw, topic, **headers).items()
    }
    return Request(
        source="main",
        body=raw,
        received_at=NOW,
        headers=lower_headers,
        default_country="GB",
        default_currency="EUR",
    )


def translate_resource(body: dict[str, Any], topic: str = "orders/paid", **headers: str) -> Draft:
    (only,) = translate_delivery(build_request(body, topic, **headers))
    return only


def translate_event(body: dict[str, Any], topic: str = "orders/paid", **headers: str) -> Event:
    return translate_resource(body, topic, **headers).event


def test_order_becomes_snapshot_in_minor_units() -> None:
    order = translate_event(shopify.build_order()).order
    assert order
    assert msgspec.to_builtins(order) == {
        "key": f"shopify/{shopify.SHOP}/5100000001",
        "version": "2026-11-20T09:00:05.001Z",
        "placed_at": "2026-11-20T09:00:02.000Z",
        "status": "paid",
        "total": 4740,
        "currency": "EUR",
    }


def test_order_lines_become_items_without_the_tip() -> None:
    items = translate_event(shopify.build_order()).items
    assert [(item.product_id, item.quantity, item.price) for item in items] == [
        ("9001", 2, 1870),
        ("9002", 1, 1000),
    ]


def test_order_keeps_100_identifiers_when_it_names_more() -> None:
    visits = [{"name": "anonymousId", "value": f"visit-{number}"} for number in range(20_000)]
    draft = translate_resource(shopify.build_order(note_attributes=visits))
    assert len(draft.identifiers) == 100
    assert draft.identifiers[1].value == "zebedee@example.com"


def test_person_is_in_the_draft_and_not_in_the_event() -> None:
    draft = translate_resource(shopify.build_order())
    assert [(identifier.namespace, identifier.value) for identifier in draft.identifiers] == [
        ("customer", "7100000001"),
        ("email", "zebedee@example.com"),
        ("phone", "+442079460018"),
        ("anonymous_id", "visit-7f3a"),
    ]
    assert draft.contact["last_name"] == "Canary"
    event_text = encode_event(draft.event).decode().lower()
    assert [canary for canary in CANARIES if canary in event_text] == []


def test_customer_id_has_the_shop_as_scope() -> None:
    assert (
        translate_resource(shopify.build_order()).identifiers[0].scope == f"shopify/{shopify.SHOP}"
    )


def test_consent_has_its_own_time() -> None:
    (consent,) = translate_event(shopify.build_order()).consents
    assert (consent.channel, consent.status, consent.at, consent.basis) == (
        "email",
        "granted",
        "2026-11-19T07:00:00.000Z",
        "confirmed_opt_in",
    )


@pytest.mark.parametrize(
    ("topic", "type_"),
    [
        ("orders/create", "Order Created"),
        ("orders/paid", "Order Completed"),
        ("orders/updated", "Order Updated"),
        ("orders/edited", "Order Updated"),
        ("orders/fulfilled", "Order Fulfilled"),
        ("orders/partially_fulfilled", "Order Fulfilled"),
        ("orders/cancelled", "Order Cancelled"),
    ],
)
def test_order_topic_determines_event_type(topic: str, type_: str) -> None:
    assert translate_event(shopify.build_order(), topic).type == type_


def test_edit_refers_to_its_order_without_money_and_person() -> None:
    lines = {"additions": [{"id": 1, "delta": 1}], "removals": []}
    edit = {"order_id": 51, "created_at": "2026-11-20T08:00:00Z", "line_items": lines}
    draft = translate_resource({"order_edit": edit | {"staff_note": "a canary"}}, "orders/edited")
    assert (draft.event.type, draft.event.occurred_at) == (
        "Order Updated",
        "2026-11-20T08:00:00.000Z",
    )
    assert (draft.event.properties, draft.event.order) == ({"order_id": "51"}, None)
    assert draft.identifiers == ()


@pytest.mark.parametrize(
    ("change", "status", "refunded"),
    [
        ({"cancelled_at": "2026-11-20T12:00:00Z"}, "cancelled", 0),
        ({"financial_status": "pending"}, "placed", 0),
        ({"current_total_price": "40.00"}, "paid", 740),
        (
            {
                "refunds": [
                    {
                        "transactions": [
                            {"kind": "refund", "status": "success", "amount": "7.40"},
                            {"kind": "refund", "status": "failure", "amount": "9.99"},
                            {"kind": "sale", "status": "success", "amount": "47.40"},
                        ]
                    }
                ]
            },
            "paid",
            740,
        ),
    ],
)
def test_snapshot_has_status_and_refunded_amount(
    change: dict[str, Any], status: str, refunded: int
) -> None:
    order = translate_event(shopify.build_order(**change), "orders/updated").order
    assert order
    assert (order.status, order.refunded) == (status, refunded)


def test_refund_refers_to_its_order_without_person() -> None:
    refund = {
        "id": 77,
        "order_id": 5100000001,
        "processed_at": "2026-11-20T08:00:00Z",
        "note": "Zebedee was unhappy",
        "transactions": [
            {"kind": "refund", "status": "success", "amount": "7.40", "currency": "EUR"}
        ],
    }
    draft = translate_resource(refund, "refunds/create")
    order = draft.event.order
    assert order
    assert (order.key, order.refund_id, order.refunded) == (
        f"shopify/{shopify.SHOP}/5100000001",
        "77",
        740,
    )
    assert draft.identifiers == ()


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 4), ("EUR", 450), ("KWD", 4500)])
def test_money_has_the_digits_of_its_currency(currency: str, minor: int) -> None:
    order = translate_event(shopify.build_order(currency=currency, total_price="4.50")).order
    assert order
    assert order.total == minor


def test_till_sale_has_no_person_when_it_has_no_customer() -> None:
    order = shopify.build_order(source_name="pos", customer=None)
    assert "zebedee@example.com" in str(order["email"])
    assert (translate_resource(order).identifiers, translate_resource(order).contact) == ((), {})


def test_till_sale_has_channel_pos() -> None:
    assert translate_event(shopify.build_order(source_name="pos")).channel == "pos"


@pytest.mark.parametrize(("change", "header"), [({"test": True}, ""), ({}, "true")])
def test_test_order_is_marked_as_test(change: dict[str, Any], header: str) -> None:
    assert translate_event(shopify.build_order(**change), test=header).test


def test_delivery_is_translated_with_both_header_spellings() -> None:
    delivery = build_request(shopify.build_order())
    headers = {name.removeprefix("x-"): value for name, value in delivery.headers.items()}
    unprefixed = msgspec.structs.replace(delivery, headers=headers)
    verify_delivery(unprefixed, [shopify.SECRET], NOW)
    assert translate_delivery(unprefixed) == translate_delivery(delivery)


@pytest.mark.parametrize("secrets", [["new", shopify.SECRET], [shopify.SECRET, "old"]])
def test_delivery_is_verified_by_any_live_secret(secrets: list[str]) -> None:
    verify_delivery(build_request(shopify.build_order()), secrets, NOW)


@pytest.mark.parametrize(
    ("secrets", "change", "reason"),
    [
        (["another"], {}, "signature"),
        ([], {}, "signature"),
        ([shopify.SECRET], {"hmac_sha256": ""}, "missing"),
        ([shopify.SECRET], {"hmac_sha256": "00" * 32}, "signature"),
    ],
)
def test_delivery_is_rejected_when_the_signature_is_wrong(
    secrets: list[str], change: dict[str, str], reason: str
) -> None:
    with pytest.raises(SignatureError) as raised:
        verify_delivery(build_request(shopify.build_order(), **change), secrets, NOW)
    assert raised.value.reason == reason


def test_event_id_depends_on_content_and_not_on_receipt_time() -> None:
    later = msgspec.structs.replace(
        build_request(shopify.build_order()), received_at=datetime(2027, 1, 1, tzinfo=UTC)
    )
    assert translate_delivery(later)[0].event.id == translate_event(shopify.build_order()).id
    assert (
        translate_event(shopify.build_order(), "orders/create").id
        != translate_event(shopify.build_order()).id
    )


def test_event_id_ignores_the_unsigned_delivery_id() -> None:
    assert (
        translate_event(shopify.build_order(), event_id="event-2").id
        == translate_event(shopify.build_order()).id
    )
    changed = shopify.build_order(total_price="1.00")
    assert translate_event(changed).id != translate_event(shopify.build_order()).id


def test_unknown_topic_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_delivery(build_request(shopify.build_order(), "themes/publish"))
    assert raised.value.code == "unknown_topic"


@pytest.mark.parametrize(
    ("body", "topic", "type_"),
    [
        ({"id": 1, "updated_at": "2026-11-20T08:00:00Z"}, "customers/update", "Customer Updated"),
        (
            {"token": "t", "line_items": [{"product_id": 1, "quantity": 2}]},
            "carts/update",
            "Cart Updated",
        ),
        ({"token": "t", "email": "zebedee@example.com"}, "checkouts/create", "Checkout Started"),
        (
            {"id": 9, "title": "Mug", "variants": [{"price": "3.00"}]},
            "products/create",
            "Product Created",
        ),
    ],
)
def test_other_resources_become_events(body: dict[str, Any], topic: str, type_: str) -> None:
    assert translate_event(body, topic).type == type_


def test_product_event_has_price_and_name() -> None:
    body = {"id": 9, "title": "Mug", "product_type": "Kitchen", "variants": [{"price": "3.00"}]}
    (item,) = translate_event(body, "products/update").items
    assert (item.product_id, item.name, item.category, item.price) == ("9", "Mug", "Kitchen", 300)


TRANSACTION = {"id": 3, "order_id": 5, "amount": "7.40", "currency": "EUR", "gateway": "cards"}


@pytest.mark.parametrize(
    ("kind", "status", "type_"),
    [
        ("sale", "success", "Payment Succeeded"),
        ("capture", "success", "Payment Succeeded"),
        ("capture", "pending", "Payment Pending"),
        ("authorization", "success", "Payment Authorized"),
        ("sale", "failure", "Payment Failed"),
        ("refund", "success", "Payment Refunded"),
    ],
)
def test_payment_type_depends_on_kind_and_status(kind: str, status: str, type_: str) -> None:
    event = translate_event(
        TRANSACTION | {"kind": kind, "status": status}, "order_transactions/create"
    )
    assert (event.type, event.order) == (type_, None)
    assert event.properties["amount"] == 740


@pytest.mark.parametrize(("kind", "status"), [("void", "success"), ("sale", "lost"), (None, None)])
def test_payment_is_rejected_when_its_kind_is_unknown(kind: object, status: object) -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_event(TRANSACTION | {"kind": kind, "status": status}, "order_transactions/create")
    assert raised.value.code == "unknown_topic"


def test_till_sale_is_a_second_event_beside_its_order() -> None:
    order, sale = translate_delivery(
        build_request(shopify.build_order(source_name="pos"), "orders/create")
    )
    assert (order.event.type, sale.event.type) == ("Order Created", "In-Store Sale")
    assert (sale.event.order, sale.event.items) == (None, ())
    assert sale.event.properties["order_id"] == "5100000001"
    assert sale.event.id != order.event.id
    assert sale.identifiers == order.identifiers


def test_checkout_has_the_id_that_its_order_refers_to() -> None:
    checkout = translate_event({"id": 77, "created_at": "2026-11-20T08:00:00Z"}, "checkouts/create")
    assert checkout.properties["checkout_id"] == "77"
    assert translate_event(shopify.build_order(checkout_id=77)).properties["checkout_id"] == "77"


def test_checkout_produces_no_event_when_it_is_completed() -> None:
    body = {"token": "t", "completed_at": "2026-11-20T08:00:00Z"}
    assert translate_delivery(build_request(body, "checkouts/update")) == []


@pytest.mark.parametrize(
    ("topic", "type_"),
    [
        ("customers/redact", "Customer Deletion Requested"),
        ("customers/data_request", "Customer Data Requested"),
    ],
)
def test_privacy_request_has_identifiers_without_contact_data(topic: str, type_: str) -> None:
    customer = {"id": 7100000001, "email": "zebedee@example.com", "phone": "+442079460018"}
    draft = translate_resource({"shop_domain": shopify.SHOP, "customer": customer}, topic)
    assert draft.event.type == type_
    assert draft.event.properties == {"request": topic}
    assert [identifier.namespace for identifier in draft.identifiers] == [
        "customer",
        "email",
        "phone",
    ]
    assert draft.contact == {}


def test_privacy_request_has_orders_and_request_number() -> None:
    body = {"orders_requested": [5, 6], "data_request": {"id": 99}, "customer": {"id": 7}}
    assert translate_resource(body, "customers/data_request").event.properties == {
        "request": "customers/data_request",
        "data_request_id": "99",
        "orders": ["5", "6"],
    }


def test_shop_redact_request_names_no_person() -> None:
    draft = translate_resource({"shop_id": 1, "shop_domain": shopify.SHOP}, "shop/redact")
    assert (draft.event.type, draft.identifiers) == ("Customer Deletion Requested", ())


def test_consent_topic_changes_the_consent() -> None:
    consent = {"state": "unsubscribed", "consent_updated_at": "2026-11-19T07:00:00Z"}
    body = {"customer_id": 7, "email_address": "a@example.com", "email_marketing_consent": consent}
    draft = translate_resource(body, "customers_email_marketing_consent/update")
    assert draft.event.type == "Marketing Consent Changed"
    assert [(change.channel, change.status) for change in draft.event.consents] == [
        ("email", "denied")
    ]
    assert [identifier.namespace for identifier in draft.identifiers] == ["customer", "email"]


def test_stock_event_has_no_person() -> None:
    body = {"inventory_item_id": 8, "location_id": 6, "available": 3}
    draft = translate_resource(body, "inventory_levels/update")
    assert draft.event.properties == {"inventory_item_id": "8", "location_id": "6", "available": 3}
    assert draft.identifiers == ()


def test_partial_fulfillment_is_marked_as_partial() -> None:
    assert (
        translate_event(shopify.build_order(), "orders/partially_fulfilled").properties["partial"]
        is True
    )
    assert "partial" not in translate_event(shopify.build_order(), "orders/fulfilled").properties


def test_sample_is_signed_and_marked_as_test() -> None:
    delivery = build_sample(Request("main", b"", NOW), shopify.SECRET)
    verify_delivery(delivery, [shopify.SECRET], NOW)
    (draft,) = translate_delivery(delivery)
    assert (draft.event.test, draft.identifiers) == (True, ())


@pytest.mark.parametrize(("state", "at"), [("subscribed", "01"), ("unsubscribed", "20")])
def test_undated_grant_does_not_override_a_later_denial(state: str, at: str) -> None:
    customer = {
        "id": 7,
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": "2026-11-20T08:00:00Z",
        "email_marketing_consent": {"state": state, "consent_updated_at": None},
    }
    (consent,) = translate_event(customer, "customers/update").consents
    assert consent.at == f"2026-11-{at}T08:00:00.000Z"
