"""Test that a Paddle transaction is one order, and that each adjustment is subtracted once."""

from itertools import permutations
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import Draft, Request
from regulars.channels.payments.paddle import webhook as paddle
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, encode_event
from regulars.domain.profiles import fold_events
from tests.support.deliveries import (
    EMAIL_ADDRESS,
    NOW,
    consent_statuses,
    identifier_values,
    json_delivery,
)

TRANSACTION: dict[str, Any] = {
    "id": "txn_1",
    "status": "completed",
    "customer_id": "ctm_1",
    "custom_data": {"user_id": "u-7", "note": "canary"},
    "details": {
        "totals": {"grand_total": "65215", "total": "65215", "currency_code": "JPY"},
        "line_items": [
            {
                "product": {"id": "pro_1", "name": "Tea"},
                "quantity": 10,
                "unit_totals": {"subtotal": "3000"},
            }
        ],
    },
    "payments": [{"error_code": "declined", "method_details": {"card": {"last4": "canary"}}}],
}
ADJUSTMENT: dict[str, Any] = {
    "id": "adj_1",
    "action": "refund",
    "reason": "a canary asked for it",
    "status": "pending_approval",
    "transaction_id": "txn_1",
    "customer_id": "ctm_1",
    "totals": {"total": "5215", "currency_code": "JPY"},
}


def translate_event(
    type_: str, resource: dict[str, Any], at: str = "06:00:00", **config: Any
) -> Draft:
    event = {"event_id": f"evt_{type_}", "event_type": type_, "occurred_at": f"2026-11-20T{at}Z"}
    (draft,) = paddle.translate_delivery(json_delivery(event | {"data": resource}, config))
    return draft


def deduplicate_events(*drafts: Draft) -> list[Event]:
    events: dict[str, Event] = {}
    for draft in drafts:
        events.setdefault(draft.event.id, msgspec.structs.replace(draft.event, subjects=("e:z",)))
    return list(events.values())


def test_completed_transaction_is_an_order_with_its_lines() -> None:
    event = translate_event("transaction.completed", TRANSACTION).event
    assert event.order
    assert (event.order.key, event.order.total) == ("paddle/main/txn_1", 65215)
    assert [(item.product_id, item.quantity, item.price) for item in event.items] == [
        ("pro_1", 10, 3000)
    ]


def test_paid_transaction_is_a_payment_and_no_second_order() -> None:
    paid, completed = (
        translate_event(f"transaction.{verb}", TRANSACTION) for verb in ("paid", "completed")
    )
    assert (paid.event.type, paid.event.order) == ("Payment Succeeded", None)
    assert fold_events(deduplicate_events(paid, completed)).orders.count == 1


def test_user_id_of_custom_data_is_stored_without_the_rest() -> None:
    draft = translate_event("transaction.completed", TRANSACTION)
    assert identifier_values([draft]) == [("u-7", "ctm_1")]
    assert "canary" not in str(draft)


@pytest.mark.parametrize(("last", "money"), [("approved", 60000), ("rejected", 65215)])
def test_refund_counts_unless_it_is_rejected(last: str, money: int) -> None:
    deliveries = [
        translate_event("transaction.completed", TRANSACTION),
        translate_event("adjustment.created", ADJUSTMENT, "07:00:00"),
        translate_event("adjustment.updated", ADJUSTMENT | {"status": last}, "08:00:00"),
    ]
    for order in permutations(deliveries):
        assert fold_events(deduplicate_events(*order)).orders.money == {"JPY": money}


@pytest.mark.parametrize(
    ("action", "type_"), [("chargeback", "Dispute Opened"), ("credit", "Payment Adjusted")]
)
def test_other_adjustment_has_no_order(action: str, type_: str) -> None:
    event = translate_event("adjustment.created", ADJUSTMENT | {"action": action}).event
    assert (event.type, event.order) == (type_, None)


def test_subscription_starts_once() -> None:
    started = (
        translate_event(f"subscription.{verb}", {"id": "sub_1"})
        for verb in ("created", "activated")
    )
    assert len(deduplicate_events(*started)) == 1


@pytest.mark.parametrize(
    ("marketing_consent", "expected"), [(True, [("email", "granted")]), (False, [])]
)
def test_customer_grants_consent_and_never_denies_it(
    marketing_consent: bool, expected: list[Any]
) -> None:
    customer = {"id": "ctm_1", "email": EMAIL_ADDRESS, "marketing_consent": marketing_consent}
    draft = translate_event("customer.updated", customer)
    assert consent_statuses(draft.event) == expected
    assert identifier_values([draft]) == [("ctm_1", EMAIL_ADDRESS)]


def test_failed_payment_has_its_failure_code() -> None:
    event = translate_event("transaction.payment_failed", TRANSACTION).event
    assert event.properties["failure_code"] == "declined"


@pytest.mark.parametrize("setting", [True, "true"])
def test_sandbox_is_marked_as_test_when_it_is_configured(setting: object) -> None:
    assert translate_event("transaction.completed", TRANSACTION, test=setting).event.test
    assert not translate_event("transaction.completed", TRANSACTION).event.test


def test_unknown_type_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_event("payout.paid", {})
    assert raised.value.code == "unknown_topic"


def test_sample_is_verified_and_names_no_person() -> None:
    sample = paddle.build_sample(Request("main", b"", NOW), "secret")
    paddle.verify_delivery(sample, ["secret"], NOW)
    (draft,) = paddle.translate_delivery(sample)
    assert (draft.identifiers, draft.event.order) == ((), None)


def test_reason_of_an_adjustment_is_not_stored() -> None:
    assert (
        "canary"
        not in encode_event(translate_event("adjustment.created", ADJUSTMENT).event).decode()
    )
