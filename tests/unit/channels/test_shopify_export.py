"""Test the Shopify exports: the lines of an order become one order, the same order as in the webhooks."""

from typing import Any

import pytest
from msgspec.structs import replace

from regulars.channels.commerce.shopify import webhook as shopify
from regulars.channels.contract import Request
from regulars.domain.consent_decisions import find_consent
from regulars.domain.profiles import fold_events
from tests.support.deliveries import consent_statuses, json_delivery
from tests.support.export_files import ImportedFile, import_content

SHOP = "example-shop.myshopify.com"
ORDER_ROW = {
    "Name": "#1001",
    "Email": "Zebedee@Example.com",
    "Financial Status": "paid",
    "Paid at": "2026-11-01 10:00:00 +0100",
    "Accepts Marketing": "yes",
    "Currency": "EUR",
    "Total": "30.00",
    "Created at": "2026-11-01 09:59:00 +0100",
    "Lineitem quantity": "2",
    "Lineitem name": "Mug",
    "Lineitem price": "12.50",
    "Lineitem sku": "MUG",
    "Billing Country": "NL",
    "Refunded Amount": "0.00",
    "Cancelled at": "",
    "Id": "5550001",
    "Source": "web",
    "Phone": "'+31612345678",
}
SECOND_ROW = {
    "Name": "#1001",
    "Lineitem quantity": "1",
    "Lineitem name": "Spoon",
    "Lineitem price": "5.00",
}
CUSTOMER_ROW = {
    "Customer ID": "'6972943892790",
    "First Name": "Zebedee",
    "Email": "zebedee@example.com",
    "Accepts Email Marketing": "yes",
    "Accepts SMS Marketing": "no",
    "Total Spent": "30.00",
    "Total Orders": "1",
    "Phone": "'+31612345678",
}


def import_rows(*rows: dict[str, str], **options: Any) -> ImportedFile:
    return import_content(rows, folder=f"shopify/{SHOP}/", **options)


def build_order_delivery(updated_at: str, **changes: Any) -> Request:
    order = {
        "id": 5550001,
        "email": "zebedee@example.com",
        "created_at": "2026-11-01T09:59:00+01:00",
        "updated_at": updated_at,
        "currency": "EUR",
        "financial_status": "paid",
        "total_price": "30.00",
    }
    return build_delivery("orders/updated", order | changes)


def build_delivery(topic: str, body: dict[str, Any]) -> Request:
    return json_delivery(body, x_shopify_topic=topic, x_shopify_shop_domain=SHOP)


def test_rows_of_an_order_become_one_order_with_its_items() -> None:
    result = import_rows(ORDER_ROW, SECOND_ROW)
    (event,) = result.events
    assert event.order
    assert (event.order.key, event.order.total) == (f"shopify/{SHOP}/5550001", 3000)
    assert [(item.product_id, item.quantity, item.price) for item in event.items] == [
        ("MUG", 2, 1250),
        ("Spoon", 1, 500),
    ]
    assert (event.backfill, event.occurred_at) == (True, "2026-11-01T08:59:00.000Z")


def test_buyer_is_in_the_draft_and_not_in_the_event() -> None:
    (draft,) = import_rows(ORDER_ROW | {"Billing Name": "Zebedee Z"}).drafts
    assert {identifier.value for identifier in draft.identifiers} == {
        "zebedee@example.com",
        "+31612345678",
    }
    assert draft.contact["name"] == "Zebedee Z"
    assert "ebedee" not in str(draft.event)


@pytest.mark.parametrize(
    ("changes", "status", "refunded"),
    [
        ({"Financial Status": "pending", "Paid at": ""}, "placed", 0),
        ({"Cancelled at": "2026-11-02 10:00:00 +0100"}, "cancelled", 0),
        ({"Refunded Amount": "10.00", "Financial Status": "partially_refunded"}, "paid", 1000),
        ({"Refunded Amount": "", "Financial Status": "refunded"}, "paid", None),
    ],
)
def test_order_has_status_and_refunds_of_its_row(
    changes: dict[str, str], status: str, refunded: int | None
) -> None:
    (event,) = import_rows(ORDER_ROW | changes).events
    assert event.order
    assert (event.order.status, event.order.refunded) == (status, refunded)


@pytest.mark.parametrize(
    ("currency", "total", "minor"), [("JPY", "3000", 3000), ("KWD", "30.125", 30125)]
)
def test_amounts_have_the_digits_of_their_currency(currency: str, total: str, minor: int) -> None:
    (event,) = import_rows(
        ORDER_ROW | {"Currency": currency, "Total": total, "Lineitem price": "5"}
    ).events
    assert event.order
    assert event.order.total == minor


@pytest.mark.parametrize(
    ("updated_at", "total"),
    [
        ("2026-11-01T10:00:00+01:00", 4000),
        ("2026-11-03T10:00:00+01:00", 4000),
        ("2026-11-01T09:59:01+01:00", 3000),
    ],
)
def test_newer_of_import_and_webhook_wins_in_any_order(updated_at: str, total: int) -> None:
    """Expect the webhook to win if it is as new as the last time in the file, and the file to win otherwise."""
    history = import_rows(ORDER_ROW, SECOND_ROW).events
    (live,) = shopify.translate_delivery(build_order_delivery(updated_at, total_price="40.00"))
    for events in ([*history, live.event], [live.event, *history]):
        orders = fold_events(events).orders
        assert (orders.count, orders.money) == (1, {"EUR": total})


def test_cancelled_order_stays_cancelled_when_an_old_file_is_imported() -> None:
    live = shopify.translate_delivery(
        build_order_delivery("2026-11-05T10:00:00Z", cancelled_at="2026-11-05T10:00:00Z")
    )[0]
    late = import_rows(ORDER_ROW, uploaded_at="2027-01-01T00:00:00.000Z").events
    assert fold_events([live.event, *late]).orders.count == 0


def test_same_order_in_two_files_is_one_event() -> None:
    first, later = (
        import_rows(ORDER_ROW),
        import_rows(ORDER_ROW, name="b.csv", uploaded_at="2026-11-22T11:00:00.000Z"),
    )
    assert [event.id for event in first.events] == [event.id for event in later.events]


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([dict.fromkeys(ORDER_ROW, "") | SECOND_ROW], {2: "first_line_missing"}),
        ([ORDER_ROW | {"Id": "5.55E+12"}], {2: "mangled_id"}),
        ([ORDER_ROW, SECOND_ROW | {"Lineitem quantity": "many"}], {3: "invalid_quantity"}),
        (
            [ORDER_ROW, SECOND_ROW, ORDER_ROW, SECOND_ROW],
            {4: "repeated_order", 5: "repeated_order"},
        ),
        ([ORDER_ROW | {"Total": "-1"}], {2: "negative_price"}),
        (
            [ORDER_ROW | {"Created at": "yesterday"}, SECOND_ROW],
            {2: "invalid_timestamp", 3: "invalid_timestamp"},
        ),
        ([ORDER_ROW | {"Created at": "2999-01-01 00:00:00 +0000"}], {2: "future_date"}),
        ([ORDER_ROW | {"Currency": "DOUBLOON"}], {2: "unknown_currency"}),
    ],
)
def test_invalid_line_is_refused_with_its_reason(
    rows: list[dict[str, str]], refused: dict[int, str]
) -> None:
    assert import_rows(*rows).refusals == refused


@pytest.mark.parametrize(
    "changes",
    [
        {"Lineitem quantity": "0"},
        {"Lineitem price": "-5.00"},
        {"Lineitem price": "'-5.00"},
        {"Lineitem price": "(5.00)"},
    ],
)
def test_order_counts_when_a_line_sells_nothing(changes: dict[str, str]) -> None:
    result = import_rows(ORDER_ROW | changes)
    assert (result.refusals, result.events[0].items, result.state.orders.count) == ({}, (), 1)


def test_shop_domain_is_normalized_to_lower_case() -> None:
    (event,) = import_content([ORDER_ROW], folder=f"shopify/{SHOP.upper()}/").events
    assert event.order
    assert event.order.key == f"shopify/{SHOP}/5550001"


def test_till_sale_has_channel_pos_and_no_person() -> None:
    (event,) = import_rows(ORDER_ROW | {"Source": "pos", "Email": "", "Phone": ""}).events
    assert (event.channel, event.subjects) == ("pos", ())


@pytest.mark.parametrize(("cell", "expected"), [("yes", [("email", "granted")]), ("no", [])])
def test_consent_has_the_time_of_its_order(cell: str, expected: list[tuple[str, str]]) -> None:
    (event,) = import_rows(ORDER_ROW | {"Accepts Marketing": cell}).events
    assert consent_statuses(event) == expected
    assert all(consent.at == "2026-11-01T08:59:00.000Z" for consent in event.consents)


def test_customer_has_the_id_of_the_webhook() -> None:
    (draft,) = import_rows(CUSTOMER_ROW).drafts
    body = {"id": 6972943892790, "updated_at": "2026-11-01T00:00:00Z"}
    (live,) = shopify.translate_delivery(build_delivery("customers/update", body))
    assert live.identifiers[0] in draft.identifiers
    assert consent_statuses(draft.event) == [("email", "granted")]


def test_dated_denial_overrides_an_undated_grant() -> None:
    (history,) = import_rows(CUSTOMER_ROW).events
    consent = {"state": "unsubscribed", "consent_updated_at": "2020-01-01T00:00:00Z"}
    body = {"id": 1, "updated_at": "2026-11-01T00:00:00Z", "email_marketing_consent": consent}
    (live,) = shopify.translate_delivery(build_delivery("customers/update", body))
    events = [replace(event, subjects=("e:ann",)) for event in (live.event, history)]
    in_force = find_consent(fold_events(events).consents, "email", "marketing", "e:ann")
    assert in_force
    assert in_force.status == "denied"


def test_customer_is_refused_when_it_has_no_identifier() -> None:
    result = import_rows(CUSTOMER_ROW | {"Customer ID": "", "Email": "none", "Phone": ""})
    assert result.refusals == {2: "missing_customer"}
