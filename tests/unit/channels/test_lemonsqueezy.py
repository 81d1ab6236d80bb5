"""Test that Lemon Squeezy orders and renewals count once, minus the total refunded so far."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from regulars.channels.commerce import lemonsqueezy
from regulars.channels.contract import Draft, Request
from regulars.domain.errors import InvalidEventError, SignatureError
from regulars.domain.events import Event
from regulars.domain.profiles import fold_events
from tests.support.deliveries import EMAIL_ADDRESS, NOW, identifier_values, json_delivery

ORDER: dict[str, Any] = {
    "customer_id": 5,
    "user_email": EMAIL_ADDRESS,
    "user_name": "Zebedee",
    "currency": "EUR",
    "total": 1199,
    "status": "paid",
    "created_at": "2026-11-20T08:00:00.000000Z",
    "updated_at": "2026-11-20T08:00:00.000000Z",
    "first_order_item": {"product_id": 3, "product_name": "Tea", "quantity": 1, "price": 999},
    "urls": {"receipt": "https://example.com/canary"},
}
INVOICE: dict[str, Any] = ORDER | {"billing_reason": "renewal", "subscription_id": 8}


def translate_event(
    event: str, attributes: dict[str, Any], custom: object = None, id_: str = "1"
) -> Draft:
    meta = {"event_name": event, "custom_data": custom}
    body = {"meta": meta, "data": {"id": id_, "attributes": attributes}}
    (draft,) = lemonsqueezy.translate_delivery(json_delivery(body, x_event_name="other"))
    return draft


def identify_events(*drafts: Draft) -> list[Event]:
    return [msgspec.structs.replace(draft.event, subjects=("e:z",)) for draft in drafts]


def test_order_has_its_product_and_buyer() -> None:
    draft = translate_event("order_created", ORDER, {"user_id": 123})
    assert draft.event.order
    assert (draft.event.order.key, draft.event.order.total) == ("lemonsqueezy/main/1", 1199)
    assert draft.event.items[0].price == 999
    assert identifier_values([draft]) == [("123", "5", EMAIL_ADDRESS)]
    assert "canary" not in str(draft)


@pytest.mark.parametrize(
    ("status", "order_status"),
    [("paid", "paid"), ("pending", "placed"), ("failed", "cancelled"), ("fraudulent", "cancelled")],
)
def test_order_status_depends_on_the_payment_status(status: str, order_status: str) -> None:
    order = translate_event("order_created", ORDER | {"status": status}).event.order
    assert order
    assert order.status == order_status


@pytest.mark.parametrize(("refund", "money"), [({"refunded_amount": 199}, 1000), ({}, 0)])
def test_refund_has_the_total_refunded_so_far(refund: dict[str, int], money: int) -> None:
    later = {"status": "refunded", "updated_at": "2026-11-20T09:00:00Z"}
    drafts = [
        translate_event("order_refunded", ORDER | later | refund),
        translate_event("order_created", ORDER),
    ]
    assert fold_events(identify_events(*drafts)).orders.money == {"EUR": money}


def test_renewal_is_a_separate_order() -> None:
    first = translate_event(
        "subscription_payment_success", INVOICE | {"billing_reason": "initial"}, id_="1"
    )
    renewal = translate_event("subscription_payment_success", INVOICE, id_="2")
    assert first.event.order is None
    orders = fold_events(
        identify_events(translate_event("order_created", ORDER), first, renewal)
    ).orders
    assert (orders.count, orders.money) == (2, {"EUR": 2398})


def test_refunded_renewal_counts_nothing() -> None:
    later = {"status": "refunded", "updated_at": "2026-11-20T09:00:00Z"}
    drafts = [
        translate_event("subscription_payment_refunded", INVOICE | later),
        translate_event("subscription_payment_success", INVOICE),
    ]
    assert fold_events(identify_events(*drafts)).orders.money == {"EUR": 0}


def test_failed_payment_has_no_order() -> None:
    assert translate_event("subscription_payment_failed", INVOICE).event.order is None


def test_licence_key_is_not_stored() -> None:
    draft = translate_event("license_key_created", {"key": "canary", "status": "active"})
    assert "canary" not in str(draft)


def test_delivery_has_the_same_event_id_when_it_is_resent() -> None:
    first, again = (translate_event("order_created", ORDER).event for _ in range(2))
    later = translate_event("order_created", ORDER | {"updated_at": "2026-11-20T09:00:00Z"}).event
    assert first.id == again.id != later.id


def test_test_mode_is_marked_as_test() -> None:
    assert translate_event("order_created", ORDER | {"test_mode": True}).event.test


def test_unknown_event_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_event("affiliate_activated", {})
    assert raised.value.code == "unknown_topic"


def test_sample_is_verified_and_marked_as_test() -> None:
    sample = lemonsqueezy.build_sample(Request("main", b"", NOW), "secret")
    lemonsqueezy.verify_delivery(sample, ["newer", "secret"], NOW + timedelta(days=1))
    assert [draft.event.test for draft in lemonsqueezy.translate_delivery(sample)] == [True]
    with pytest.raises(SignatureError, match="signature"):
        lemonsqueezy.verify_delivery(msgspec.structs.replace(sample, body=b"{}"), ["secret"], NOW)
