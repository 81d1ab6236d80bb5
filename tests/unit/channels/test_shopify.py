"""Shopify's resources become events whose money is right and whose person is hidden."""

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


def request(body: dict[str, Any], topic: str = "orders/paid", **headers: str) -> Request:
    raw = json.dumps(body).encode()
    sent = {name.lower(): value for name, value in shopify.headers(raw, topic, **headers).items()}
    return Request("main", raw, NOW, sent, default_country="GB", default_currency="EUR")


def draft(body: dict[str, Any], topic: str = "orders/paid", **headers: str) -> Draft:
    (only,) = translate_delivery(request(body, topic, **headers))
    return only


def event(body: dict[str, Any], topic: str = "orders/paid", **headers: str) -> Event:
    return draft(body, topic, **headers).event


def test_order_becomes_a_snapshot_in_minor_units() -> None:
    order = event(shopify.order()).order
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
    items = event(shopify.order()).items
    assert [(item.product_id, item.quantity, item.price) for item in items] == [
        ("9001", 2, 1870),
        ("9002", 1, 1000),
    ]


def test_order_that_names_thousands_of_visitors_names_some() -> None:
    visits = [{"name": "anonymousId", "value": f"visit-{number}"} for number in range(20_000)]
    told = draft(shopify.order(note_attributes=visits))
    assert len(told.identifiers) == 100
    assert told.identifiers[1].value == "zebedee@example.com"


def test_person_is_beside_the_event_and_not_within() -> None:
    told = draft(shopify.order())
    assert [(each.namespace, each.value) for each in told.identifiers] == [
        ("customer", "7100000001"),
        ("email", "zebedee@example.com"),
        ("phone", "+442079460018"),
        ("anonymous_id", "visit-7f3a"),
    ]
    assert told.contact["last_name"] == "Canary"
    said = encode_event(told.event).decode().lower()
    assert [canary for canary in CANARIES if canary in said] == []


def test_customer_id_is_scoped_by_the_shop() -> None:
    assert draft(shopify.order()).identifiers[0].scope == f"shopify/{shopify.SHOP}"


def test_consent_comes_with_its_own_time() -> None:
    (consent,) = event(shopify.order()).consents
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
def test_order_topic_names_the_event(topic: str, type_: str) -> None:
    assert event(shopify.order(), topic).type == type_


def test_edit_names_its_order_and_tells_no_money_and_nobody() -> None:
    lines = {"additions": [{"id": 1, "delta": 1}], "removals": []}
    edit = {"order_id": 51, "created_at": "2026-11-20T08:00:00Z", "line_items": lines}
    told = draft({"order_edit": edit | {"staff_note": "a canary"}}, "orders/edited")
    assert (told.event.type, told.event.occurred_at) == (
        "Order Updated",
        "2026-11-20T08:00:00.000Z",
    )
    assert (told.event.properties, told.event.order) == ({"order_id": "51"}, None)
    assert told.identifiers == ()


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
def test_snapshot_tells_status_and_refunds(
    change: dict[str, Any], status: str, refunded: int
) -> None:
    order = event(shopify.order(**change), "orders/updated").order
    assert order
    assert (order.status, order.refunded) == (status, refunded)


def test_refund_adds_to_its_order_and_names_nobody() -> None:
    refund = {
        "id": 77,
        "order_id": 5100000001,
        "processed_at": "2026-11-20T08:00:00Z",
        "note": "Zebedee was unhappy",
        "transactions": [
            {"kind": "refund", "status": "success", "amount": "7.40", "currency": "EUR"}
        ],
    }
    told = draft(refund, "refunds/create")
    order = told.event.order
    assert order
    assert (order.key, order.refund_id, order.refunded) == (
        f"shopify/{shopify.SHOP}/5100000001",
        "77",
        740,
    )
    assert told.identifiers == ()


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 4), ("EUR", 450), ("KWD", 4500)])
def test_money_has_the_digits_of_its_currency(currency: str, minor: int) -> None:
    order = event(shopify.order(currency=currency, total_price="4.50")).order
    assert order
    assert order.total == minor


def test_till_sale_without_a_customer_is_nobodys() -> None:
    order = shopify.order(source_name="pos", customer=None)
    assert "zebedee@example.com" in str(order["email"])
    assert (draft(order).identifiers, draft(order).contact) == ((), {})


def test_till_sale_is_on_the_channel_pos() -> None:
    assert event(shopify.order(source_name="pos")).channel == "pos"


@pytest.mark.parametrize(("change", "header"), [({"test": True}, ""), ({}, "true")])
def test_test_order_is_flagged(change: dict[str, Any], header: str) -> None:
    assert event(shopify.order(**change), test=header).test


def test_both_spellings_of_the_headers_are_understood() -> None:
    said = request(shopify.order())
    bare = {name.removeprefix("x-"): value for name, value in said.headers.items()}
    unprefixed = msgspec.structs.replace(said, headers=bare)
    verify_delivery(unprefixed, [shopify.SECRET], NOW)
    assert translate_delivery(unprefixed) == translate_delivery(said)


@pytest.mark.parametrize("secrets", [["new", shopify.SECRET], [shopify.SECRET, "old"]])
def test_any_live_secret_verifies(secrets: list[str]) -> None:
    verify_delivery(request(shopify.order()), secrets, NOW)


@pytest.mark.parametrize(
    ("secrets", "change", "reason"),
    [
        (["another"], {}, "signature"),
        ([], {}, "signature"),
        ([shopify.SECRET], {"hmac_sha256": ""}, "missing"),
        ([shopify.SECRET], {"hmac_sha256": "00" * 32}, "signature"),
    ],
)
def test_wrong_signature_is_refused(
    secrets: list[str], change: dict[str, str], reason: str
) -> None:
    with pytest.raises(SignatureError) as refused:
        verify_delivery(request(shopify.order(), **change), secrets, NOW)
    assert refused.value.reason == reason


def test_event_id_is_of_the_content_and_not_of_the_arrival() -> None:
    later = msgspec.structs.replace(
        request(shopify.order()), received_at=datetime(2027, 1, 1, tzinfo=UTC)
    )
    assert translate_delivery(later)[0].event.id == event(shopify.order()).id
    assert event(shopify.order(), "orders/create").id != event(shopify.order()).id


def test_same_bytes_under_another_unsigned_id_are_the_same_event() -> None:
    assert event(shopify.order(), event_id="event-2").id == event(shopify.order()).id
    changed = shopify.order(total_price="1.00")
    assert event(changed).id != event(shopify.order()).id


def test_unknown_topic_is_said_to_be_one() -> None:
    with pytest.raises(InvalidEventError) as refused:
        translate_delivery(request(shopify.order(), "themes/publish"))
    assert refused.value.code == "unknown_topic"


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
def test_other_resources_are_kept_as_events(body: dict[str, Any], topic: str, type_: str) -> None:
    assert event(body, topic).type == type_


def test_product_carries_its_price_and_name() -> None:
    body = {"id": 9, "title": "Mug", "product_type": "Kitchen", "variants": [{"price": "3.00"}]}
    (item,) = event(body, "products/update").items
    assert (item.product_id, item.name, item.category, item.price) == ("9", "Mug", "Kitchen", 300)


PAYMENT = {"id": 3, "order_id": 5, "amount": "7.40", "currency": "EUR", "gateway": "cards"}


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
def test_payment_is_named_by_how_it_went(kind: str, status: str, type_: str) -> None:
    told = event(PAYMENT | {"kind": kind, "status": status}, "order_transactions/create")
    assert (told.type, told.order) == (type_, None)
    assert told.properties["amount"] == 740


@pytest.mark.parametrize(("kind", "status"), [("void", "success"), ("sale", "lost"), (None, None)])
def test_payment_of_no_known_kind_is_set_aside(kind: object, status: object) -> None:
    with pytest.raises(InvalidEventError) as refused:
        event(PAYMENT | {"kind": kind, "status": status}, "order_transactions/create")
    assert refused.value.code == "unknown_topic"


def test_till_sale_is_told_beside_its_order() -> None:
    order, sale = translate_delivery(request(shopify.order(source_name="pos"), "orders/create"))
    assert (order.event.type, sale.event.type) == ("Order Created", "In-Store Sale")
    assert (sale.event.order, sale.event.items) == (None, ())
    assert sale.event.properties["order_id"] == "5100000001"
    assert sale.event.id != order.event.id
    assert sale.identifiers == order.identifiers


def test_checkout_goes_by_the_id_that_its_order_names() -> None:
    checkout = event({"id": 77, "created_at": "2026-11-20T08:00:00Z"}, "checkouts/create")
    assert checkout.properties["checkout_id"] == "77"
    assert event(shopify.order(checkout_id=77)).properties["checkout_id"] == "77"


def test_completed_checkout_leaves_the_word_to_its_order() -> None:
    body = {"token": "t", "completed_at": "2026-11-20T08:00:00Z"}
    assert translate_delivery(request(body, "checkouts/update")) == []


@pytest.mark.parametrize("topic", ["customers/redact", "customers/data_request"])
def test_request_of_privacy_names_its_customer_without_contact_data(topic: str) -> None:
    customer = {"id": 7100000001, "email": "zebedee@example.com", "phone": "+442079460018"}
    told = draft({"shop_domain": shopify.SHOP, "customer": customer}, topic)
    assert told.event.type == "Customer Deletion Requested"
    assert told.event.properties == {"request": topic}
    assert [each.namespace for each in told.identifiers] == ["customer", "email", "phone"]
    assert told.contact == {}


def test_request_of_privacy_says_which_orders_and_under_which_number() -> None:
    asked = {"orders_requested": [5, 6], "data_request": {"id": 99}, "customer": {"id": 7}}
    assert draft(asked, "customers/data_request").event.properties == {
        "request": "customers/data_request",
        "data_request_id": "99",
        "orders": ["5", "6"],
    }


def test_request_to_forget_the_shop_names_nobody() -> None:
    told = draft({"shop_id": 1, "shop_domain": shopify.SHOP}, "shop/redact")
    assert (told.event.type, told.identifiers) == ("Customer Deletion Requested", ())


def test_consent_changes_by_itself() -> None:
    said = {"state": "unsubscribed", "consent_updated_at": "2026-11-19T07:00:00Z"}
    body = {"customer_id": 7, "email_address": "a@example.com", "email_marketing_consent": said}
    told = draft(body, "customers_email_marketing_consent/update")
    assert told.event.type == "Marketing Consent Changed"
    assert [(one.channel, one.status) for one in told.event.consents] == [("email", "denied")]
    assert [each.namespace for each in told.identifiers] == ["customer", "email"]


def test_stock_is_told_of_nobody() -> None:
    body = {"inventory_item_id": 8, "location_id": 6, "available": 3}
    told = draft(body, "inventory_levels/update")
    assert told.event.properties == {"inventory_item_id": "8", "location_id": "6", "available": 3}
    assert told.identifiers == ()


def test_part_of_an_order_sent_is_said_to_be_one() -> None:
    assert event(shopify.order(), "orders/partially_fulfilled").properties["partial"] is True
    assert "partial" not in event(shopify.order(), "orders/fulfilled").properties


def test_sample_is_signed_and_counts_nowhere() -> None:
    delivery = build_sample(Request("main", b"", NOW), shopify.SECRET)
    verify_delivery(delivery, [shopify.SECRET], NOW)
    (told,) = translate_delivery(delivery)
    assert (told.event.test, told.identifiers) == (True, ())


@pytest.mark.parametrize(("state", "at"), [("subscribed", "01"), ("unsubscribed", "20")])
def test_consent_without_a_time_takes_back_no_later_refusal(state: str, at: str) -> None:
    customer = {
        "id": 7,
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": "2026-11-20T08:00:00Z",
        "email_marketing_consent": {"state": state, "consent_updated_at": None},
    }
    (consent,) = event(customer, "customers/update").consents
    assert consent.at == f"2026-11-{at}T08:00:00.000Z"
