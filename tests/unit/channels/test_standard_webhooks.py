"""Any Standard Webhooks sender: plain names need no mapping, all others a small one in the source's config."""

from typing import Any

import msgspec
import pytest

from regulars.channels.contract import Request
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import OrderFact
from tests.support.deliveries import (
    EMAIL_ADDRESS,
    consent_statuses,
    json_delivery,
    translate_drafts,
    translate_event,
)

CHANNEL = "standard-webhooks"


def webhook_delivery(
    topic: object, data: object = None, config: dict[str, Any] | None = None
) -> Request:
    body = {"type": topic, "timestamp": "2026-11-20T08:00:00Z", "data": data or {}}
    return json_delivery(body, config, webhook_id="msg_1")


@pytest.mark.parametrize(
    ("topic", "type_"),
    [
        ("contact.created", "Customer Created"),
        ("user.updated", "Customer Updated"),
        ("customer.deleted", "Customer Deleted"),
        ("order.completed", "Order Completed"),
        ("checkout.started", "Checkout Started"),
        ("subscription.cancelled", "Subscription Cancelled"),
    ],
)
def test_plain_topic_needs_no_mapping(topic: str, type_: str) -> None:
    assert translate_event(CHANNEL, webhook_delivery(topic)).type == type_


@pytest.mark.parametrize("topic", ["invoice.settled", "order", "order.", "a.created", None, 7, {}])
def test_topic_without_a_meaning_is_set_aside(topic: object) -> None:
    with pytest.raises(InvalidEventError) as refused:
        translate_drafts(CHANNEL, webhook_delivery(topic))
    assert refused.value.code == "unknown_topic"


@pytest.mark.parametrize(
    "events", [{"invoice.settled": "Order Completed"}, '{"invoice.settled": "Order Completed"}']
)
def test_topic_means_what_the_config_says(events: object) -> None:
    event = translate_event(
        CHANNEL,
        webhook_delivery("invoice.settled", config={"events": events, "channel": "payments"}),
    )
    assert (event.type, event.channel) == ("Order Completed", "payments")


def test_person_is_beside_the_event_and_the_rest_is_left_out() -> None:
    data = {"id": "c1", "email": EMAIL_ADDRESS, "first_name": "Zebedee", "bio": "A canary"}
    (draft,) = translate_drafts(CHANNEL, webhook_delivery("contact.created", data))
    assert [(each.namespace, each.value, each.scope) for each in draft.identifiers] == [
        ("customer", "c1", "standard-webhooks/main"),
        ("email", EMAIL_ADDRESS, ""),
    ]
    assert draft.contact == {"email": EMAIL_ADDRESS, "first_name": "Zebedee"}
    assert draft.event.properties == {}


def test_fields_and_properties_are_found_by_their_paths() -> None:
    data = {"member": {"mail": EMAIL_ADDRESS}, "plan": "gold", "note": f"ask {EMAIL_ADDRESS}"}
    config = {
        "fields": {"email": "data.member.mail"},
        "properties": {"plan": "data.plan", "note": "data.note", "none": "data.x.y"},
    }
    (draft,) = translate_drafts(CHANNEL, webhook_delivery("contact.updated", data, config))
    assert draft.contact == {"email": EMAIL_ADDRESS}
    assert draft.event.properties == {"plan": "gold"}


@pytest.mark.parametrize(
    ("topic", "status"),
    [("order.created", "placed"), ("order.completed", "paid"), ("order.cancelled", "cancelled")],
)
def test_order_is_a_snapshot_in_minor_units(topic: str, status: str) -> None:
    data = {"order_id": "o1", "total": "12.50", "currency": "gbp"}
    at = "2026-11-20T08:00:00.000Z"
    assert translate_event(
        CHANNEL, webhook_delivery(topic, data, {"store": "acme"})
    ).order == OrderFact(
        key="acme/o1", version=at, placed_at=at, status=status, total=1250, currency="GBP"
    )


@pytest.mark.parametrize(
    ("total", "amounts", "minor"), [("12.5", "", 1250), (1250, "minor", 1250), (12.5, "", 1250)]
)
def test_amount_is_read_as_the_config_says(total: object, amounts: str, minor: int) -> None:
    order = translate_event(
        CHANNEL,
        webhook_delivery(
            "order.completed", {"order_id": "o", "total": total}, {"amounts": amounts}
        ),
    ).order
    assert order == OrderFact(
        key="standard-webhooks/main/o",
        version="2026-11-20T08:00:00.000Z",
        placed_at="2026-11-20T08:00:00.000Z",
        status="paid",
        total=minor,
        currency="EUR",
    )


@pytest.mark.parametrize("total", ["much", True, "1e99", [1]])
def test_order_with_an_amount_that_is_none_is_set_aside(total: object) -> None:
    with pytest.raises(InvalidEventError) as refused:
        translate_drafts(
            CHANNEL, webhook_delivery("order.completed", {"order_id": "o", "total": total})
        )
    assert refused.value.code == "invalid_amount"


@pytest.mark.parametrize("total", ["12", 1.5, 10**30])
def test_cents_that_are_none_are_set_aside(total: object) -> None:
    data = {"order_id": "o", "total": total}
    with pytest.raises(InvalidEventError) as refused:
        translate_drafts(CHANNEL, webhook_delivery("order.completed", data, {"amounts": "minor"}))
    assert refused.value.code == "invalid_amount"


def test_order_without_a_total_is_told_without_a_snapshot() -> None:
    assert (
        translate_event(CHANNEL, webhook_delivery("order.completed", {"order_id": "o"})).order
        is None
    )


@pytest.mark.parametrize(
    ("meaning", "status"), [("Unsubscribed", "denied"), ("Subscribed", "granted")]
)
def test_meaning_of_a_topic_is_consent_too(meaning: str, status: str) -> None:
    event = translate_event(
        CHANNEL, webhook_delivery("member.moved", config={"events": {"member.moved": meaning}})
    )
    assert consent_statuses(event) == [("email", status)]


def test_signed_id_makes_all_attempts_one_event() -> None:
    first, again = (
        webhook_delivery("contact.created"),
        webhook_delivery("contact.created", {"id": "c2"}),
    )
    other = msgspec.structs.replace(again, headers={"svix-id": "msg_2"})
    assert translate_event(CHANNEL, first).id == translate_event(CHANNEL, again).id
    assert translate_event(CHANNEL, first).id != translate_event(CHANNEL, other).id


@pytest.mark.parametrize(("said", "second"), [(1_795_165_200, "00.000Z"), (None, "10.000Z")])
def test_time_may_be_a_number_or_missing(said: object, second: str) -> None:
    event = translate_event(CHANNEL, json_delivery({"type": "order.created", "timestamp": said}))
    assert event.occurred_at == f"2026-11-20T09:00:{second}"
