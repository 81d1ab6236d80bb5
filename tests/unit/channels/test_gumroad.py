"""Test Gumroad pings: the token in the URL, amounts in US cents, and the consent of the buyer."""

import msgspec
import pytest

from regulars.channels.commerce import gumroad
from regulars.channels.contract import Draft, Request
from regulars.domain.errors import InvalidEventError, SignatureError
from regulars.domain.profiles import fold_events
from tests.support.deliveries import (
    EMAIL_ADDRESS,
    NOW,
    consent_statuses,
    form_delivery,
    identifier_values,
    json_delivery,
)

SALE = {
    "sale_id": "sale_1",
    "product_id": "p_1",
    "product_name": "Tea",
    "email": EMAIL_ADDRESS,
    "full_name": "Zebedee",
    "purchaser_id": "77",
    "price": "1500",
    "currency": "eur",
    "quantity": "2",
    "can_contact": "true",
    "sale_timestamp": "2026-11-20T08:00:00Z",
    "license_key": "canary",
    "card[visual]": "canary",
    "custom_fields[reason]": "canary",
}


def translate_ping(**changes: str) -> Draft:
    (draft,) = gumroad.translate_delivery(form_delivery(SALE | changes))
    return draft


def test_sale_is_an_order_in_us_cents() -> None:
    event = translate_ping().event
    assert event.order
    assert (event.order.key, event.order.total, event.currency) == (
        "gumroad/main/sale_1",
        1500,
        "USD",
    )
    assert [(item.product_id, item.quantity) for item in event.items] == [("p_1", 2)]


def test_json_ping_produces_the_same_event() -> None:
    (draft,) = gumroad.translate_delivery(json_delivery(SALE))
    assert draft.event == translate_ping().event


def test_buyer_is_identified_and_answers_are_not_stored() -> None:
    assert identifier_values([translate_ping()]) == [("77", EMAIL_ADDRESS)]
    assert "canary" not in str(translate_ping())


@pytest.mark.parametrize(
    ("can_contact", "expected"),
    [("true", [("email", "granted")]), ("false", [("email", "denied")]), ("", [])],
)
def test_sale_has_the_consent_of_the_buyer(
    can_contact: str, expected: list[tuple[str, str]]
) -> None:
    assert consent_statuses(translate_ping(can_contact=can_contact).event) == expected


@pytest.mark.parametrize(("refunded", "net"), [("true", 0), ("false", 1500)])
def test_refund_counts_when_it_is_complete(refunded: str, net: int) -> None:
    drafts = [translate_ping(resource_name="refund", refunded=refunded), translate_ping()]
    events = [msgspec.structs.replace(draft.event, subjects=("e:z",)) for draft in drafts]
    assert fold_events(events).orders.money == {"USD": net}


def test_preorder_is_placed_and_a_gift_has_no_order() -> None:
    preorder = translate_ping(is_preorder_authorization="true").event.order
    assert preorder
    assert preorder.status == "placed"
    assert translate_ping(is_gift_receiver_purchase="true").event.order is None


def test_sale_has_the_same_event_id_when_it_is_resent() -> None:
    assert translate_ping().event.id == translate_ping(disputed="true").event.id


def test_cancellation_identifies_its_subscriber() -> None:
    ping = {"resource_name": "cancellation", "subscription_id": "s_1", "user_email": EMAIL_ADDRESS}
    (draft,) = gumroad.translate_delivery(
        form_delivery(ping | {"cancelled_at": "2026-11-20T07:00:00Z"})
    )
    assert (draft.event.type, draft.event.occurred_at) == (
        "Subscription Cancelled",
        "2026-11-20T07:00:00.000Z",
    )
    assert identifier_values([draft]) == [(EMAIL_ADDRESS,)]


def test_own_purchase_is_marked_as_test() -> None:
    assert translate_ping(test="true").event.test
    assert not translate_ping().event.test


def test_unknown_resource_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_ping(resource_name="dispute_won")
    assert raised.value.code == "unknown_topic"


def test_sample_is_verified_and_marked_as_test() -> None:
    sample = gumroad.build_sample(Request("main", b"", NOW), "token")
    gumroad.verify_delivery(sample, ["newer", "token"], NOW)
    assert [draft.event.test for draft in gumroad.translate_delivery(sample)] == [True]


@pytest.mark.parametrize(("query", "reason"), [({}, "missing"), ({"token": "t"}, "signature")])
def test_ping_is_rejected_when_the_token_is_wrong(query: dict[str, str], reason: str) -> None:
    request = msgspec.structs.replace(form_delivery(SALE), query=query)
    with pytest.raises(SignatureError, match=reason):
        gumroad.verify_delivery(request, ["token"], NOW)


def test_renewal_grants_no_consent() -> None:
    assert consent_statuses(translate_ping(is_recurring_charge="true").event) == []
    assert consent_statuses(
        translate_ping(is_recurring_charge="true", can_contact="false").event
    ) == [("email", "denied")]
