"""Lemon Squeezy's events: orders and renewals each count once, with what was given back so far."""

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


def told(event: str, facts: dict[str, Any], custom: object = None, id_: str = "1") -> Draft:
    meta = {"event_name": event, "custom_data": custom}
    body = {"meta": meta, "data": {"id": id_, "attributes": facts}}
    (draft,) = lemonsqueezy.translate_delivery(json_delivery(body, x_event_name="other"))
    return draft


def known(*drafts: Draft) -> list[Event]:
    return [msgspec.structs.replace(draft.event, subjects=("e:z",)) for draft in drafts]


def test_order_is_told_with_its_product_and_buyer() -> None:
    draft = told("order_created", ORDER, {"user_id": 123})
    assert draft.event.order
    assert (draft.event.order.key, draft.event.order.total) == ("lemonsqueezy/main/1", 1199)
    assert draft.event.items[0].price == 999
    assert identifier_values([draft]) == [("123", "5", EMAIL_ADDRESS)]
    assert "canary" not in str(draft)


@pytest.mark.parametrize(
    ("status", "standing"),
    [("paid", "paid"), ("pending", "placed"), ("failed", "cancelled"), ("fraudulent", "cancelled")],
)
def test_status_says_how_the_order_stands(status: str, standing: str) -> None:
    order = told("order_created", ORDER | {"status": status}).event.order
    assert order
    assert order.status == standing


@pytest.mark.parametrize(("back", "money"), [({"refunded_amount": 199}, 1000), ({}, 0)])
def test_refund_shows_what_was_given_back_so_far(back: dict[str, int], money: int) -> None:
    later = {"status": "refunded", "updated_at": "2026-11-20T09:00:00Z"}
    drafts = [told("order_refunded", ORDER | later | back), told("order_created", ORDER)]
    assert fold_events(known(*drafts)).orders.money == {"EUR": money}


def test_renewal_is_an_order_of_its_own() -> None:
    first = told("subscription_payment_success", INVOICE | {"billing_reason": "initial"}, id_="1")
    renewal = told("subscription_payment_success", INVOICE, id_="2")
    assert first.event.order is None
    orders = fold_events(known(told("order_created", ORDER), first, renewal)).orders
    assert (orders.count, orders.money) == (2, {"EUR": 2398})


def test_refunded_renewal_counts_nothing() -> None:
    later = {"status": "refunded", "updated_at": "2026-11-20T09:00:00Z"}
    drafts = [
        told("subscription_payment_refunded", INVOICE | later),
        told("subscription_payment_success", INVOICE),
    ]
    assert fold_events(known(*drafts)).orders.money == {"EUR": 0}


def test_failed_payment_is_no_order() -> None:
    assert told("subscription_payment_failed", INVOICE).event.order is None


def test_licence_key_is_not_kept() -> None:
    draft = told("license_key_created", {"key": "canary", "status": "active"})
    assert "canary" not in str(draft)


def test_delivery_sent_again_is_the_same_event() -> None:
    one, again = (told("order_created", ORDER).event for _ in range(2))
    later = told("order_created", ORDER | {"updated_at": "2026-11-20T09:00:00Z"}).event
    assert one.id == again.id != later.id


def test_test_mode_is_marked() -> None:
    assert told("order_created", ORDER | {"test_mode": True}).event.test


def test_unknown_event_is_refused_by_name() -> None:
    with pytest.raises(InvalidEventError) as refused:
        told("affiliate_activated", {})
    assert refused.value.code == "unknown_topic"


def test_sample_is_genuine_and_a_test() -> None:
    sample = lemonsqueezy.build_sample(Request("main", b"", NOW), "secret")
    lemonsqueezy.verify_delivery(sample, ["newer", "secret"], NOW + timedelta(days=1))
    assert [draft.event.test for draft in lemonsqueezy.translate_delivery(sample)] == [True]
    with pytest.raises(SignatureError, match="signature"):
        lemonsqueezy.verify_delivery(msgspec.structs.replace(sample, body=b"{}"), ["secret"], NOW)
