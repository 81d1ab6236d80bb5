"""Gumroad's pings: a token in the URL, US cents, and consent as the buyer gave it."""

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


def told(**changes: str) -> Draft:
    (draft,) = gumroad.translate_delivery(form_delivery(SALE | changes))
    return draft


def test_sale_is_an_order_in_us_cents() -> None:
    event = told().event
    assert event.order
    assert (event.order.key, event.order.total, event.currency) == (
        "gumroad/main/sale_1",
        1500,
        "USD",
    )
    assert [(item.product_id, item.quantity) for item in event.items] == [("p_1", 2)]


def test_ping_of_json_says_the_same() -> None:
    (draft,) = gumroad.translate_delivery(json_delivery(SALE))
    assert draft.event == told().event


def test_buyer_is_known_and_answers_are_not_kept() -> None:
    assert identifier_values([told()]) == [("77", EMAIL_ADDRESS)]
    assert "canary" not in str(told())


@pytest.mark.parametrize(
    ("said", "expected"),
    [("true", [("email", "granted")]), ("false", [("email", "denied")]), ("", [])],
)
def test_consent_is_as_the_buyer_gave_it(said: str, expected: list[tuple[str, str]]) -> None:
    assert consent_statuses(told(can_contact=said).event) == expected


@pytest.mark.parametrize(("refunded", "net"), [("true", 0), ("false", 1500)])
def test_refund_counts_when_everything_was_given_back(refunded: str, net: int) -> None:
    drafts = [told(resource_name="refund", refunded=refunded), told()]
    events = [msgspec.structs.replace(draft.event, subjects=("e:z",)) for draft in drafts]
    assert fold_events(events).orders.money == {"USD": net}


def test_preorder_is_placed_and_a_present_counts_nothing() -> None:
    preorder = told(is_preorder_authorization="true").event.order
    assert preorder
    assert preorder.status == "placed"
    assert told(is_gift_receiver_purchase="true").event.order is None


def test_sale_sent_again_is_the_same_event() -> None:
    assert told().event.id == told(disputed="true").event.id


def test_cancellation_names_its_subscriber() -> None:
    ended = {"resource_name": "cancellation", "subscription_id": "s_1", "user_email": EMAIL_ADDRESS}
    (draft,) = gumroad.translate_delivery(
        form_delivery(ended | {"cancelled_at": "2026-11-20T07:00:00Z"})
    )
    assert (draft.event.type, draft.event.occurred_at) == (
        "Subscription Cancelled",
        "2026-11-20T07:00:00.000Z",
    )
    assert identifier_values([draft]) == [(EMAIL_ADDRESS,)]


def test_own_purchase_is_a_test() -> None:
    assert told(test="true").event.test
    assert not told().event.test


def test_unknown_resource_is_refused_by_name() -> None:
    with pytest.raises(InvalidEventError) as refused:
        told(resource_name="dispute_won")
    assert refused.value.code == "unknown_topic"


def test_sample_is_genuine_and_a_test() -> None:
    sample = gumroad.build_sample(Request("main", b"", NOW), "token")
    gumroad.verify_delivery(sample, ["newer", "token"], NOW)
    assert [draft.event.test for draft in gumroad.translate_delivery(sample)] == [True]


@pytest.mark.parametrize(("query", "reason"), [({}, "missing"), ({"token": "t"}, "signature")])
def test_ping_is_refused_without_the_token(query: dict[str, str], reason: str) -> None:
    request = msgspec.structs.replace(form_delivery(SALE), query=query)
    with pytest.raises(SignatureError, match=reason):
        gumroad.verify_delivery(request, ["token"], NOW)


def test_renewal_does_not_consent_anew() -> None:
    assert consent_statuses(told(is_recurring_charge="true").event) == []
    assert consent_statuses(told(is_recurring_charge="true", can_contact="false").event) == [
        ("email", "denied")
    ]
