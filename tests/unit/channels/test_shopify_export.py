"""Shopify's exports: the lines of an order are one order, and it is the one that the webhooks tell."""

from typing import Any

import pytest

from regulars.channels.commerce.shopify import webhook as shopify
from regulars.channels.contract import Request
from regulars.domain.profiles import fold_events
from tests.support.deliveries import consent_statuses, json_delivery
from tests.support.export_files import ImportedFile, import_content

SHOP = "example-shop.myshopify.com"
HEAD = {
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
SECOND = {
    "Name": "#1001",
    "Lineitem quantity": "1",
    "Lineitem name": "Spoon",
    "Lineitem price": "5.00",
}
CUSTOMER = {
    "Customer ID": "'6972943892790",
    "First Name": "Zebedee",
    "Email": "zebedee@example.com",
    "Accepts Email Marketing": "yes",
    "Accepts SMS Marketing": "no",
    "Total Spent": "30.00",
    "Total Orders": "1",
    "Phone": "'+31612345678",
}


def of_shop(*rows: dict[str, str], **options: Any) -> ImportedFile:
    return import_content(rows, folder=f"shopify/{SHOP}/", **options)


def webhook(updated_at: str, **changes: Any) -> Request:
    order = {
        "id": 5550001,
        "email": "zebedee@example.com",
        "created_at": "2026-11-01T09:59:00+01:00",
        "updated_at": updated_at,
        "currency": "EUR",
        "financial_status": "paid",
        "total_price": "30.00",
    }
    return told_live("orders/updated", order | changes)


def told_live(topic: str, body: dict[str, Any]) -> Request:
    return json_delivery(body, x_shopify_topic=topic, x_shopify_shop_domain=SHOP)


def test_order_s_rows_become_one_order_with_its_items() -> None:
    told = of_shop(HEAD, SECOND)
    (event,) = told.events
    assert event.order
    assert (event.order.key, event.order.total) == (f"shopify/{SHOP}/5550001", 3000)
    assert [(one.product_id, one.quantity, one.price) for one in event.items] == [
        ("MUG", 2, 1250),
        ("Spoon", 1, 500),
    ]
    assert (event.backfill, event.occurred_at) == (True, "2026-11-01T08:59:00.000Z")


def test_buyer_is_named_beside_the_event_and_not_in_it() -> None:
    (draft,) = of_shop(HEAD | {"Billing Name": "Zebedee Z"}).drafts
    assert {one.value for one in draft.identifiers} == {"zebedee@example.com", "+31612345678"}
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
def test_status_and_refunds_are_those_of_the_row(
    changes: dict[str, str], status: str, refunded: int | None
) -> None:
    (event,) = of_shop(HEAD | changes).events
    assert event.order
    assert (event.order.status, event.order.refunded) == (status, refunded)


@pytest.mark.parametrize(
    ("currency", "total", "minor"), [("JPY", "3000", 3000), ("KWD", "30.125", 30125)]
)
def test_amounts_have_the_digits_of_their_currency(currency: str, total: str, minor: int) -> None:
    (event,) = of_shop(HEAD | {"Currency": currency, "Total": total, "Lineitem price": "5"}).events
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
def test_newer_of_import_and_webhook_wins_whichever_comes_first(
    updated_at: str, total: int
) -> None:
    """The webhook's when it was sent at or after the last time in the file; the file's when before."""
    history = of_shop(HEAD, SECOND).events
    (live,) = shopify.translate_delivery(webhook(updated_at, total_price="40.00"))
    for events in ([*history, live.event], [live.event, *history]):
        orders = fold_events(events).orders
        assert (orders.count, orders.money) == (1, {"EUR": total})


def test_old_file_does_not_uncancel_an_order() -> None:
    live = shopify.translate_delivery(
        webhook("2026-11-05T10:00:00Z", cancelled_at="2026-11-05T10:00:00Z")
    )[0]
    late = of_shop(HEAD, uploaded_at="2027-01-01T00:00:00.000Z").events
    assert fold_events([live.event, *late]).orders.count == 0


def test_same_order_in_another_file_is_the_same_event() -> None:
    first, later = (
        of_shop(HEAD),
        of_shop(HEAD, name="b.csv", uploaded_at="2026-11-22T11:00:00.000Z"),
    )
    assert [one.id for one in first.events] == [one.id for one in later.events]


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([dict.fromkeys(HEAD, "") | SECOND], {2: "first_line_missing"}),
        ([HEAD | {"Id": "5.55E+12"}], {2: "mangled_id"}),
        ([HEAD, SECOND | {"Lineitem quantity": "many"}], {3: "invalid_quantity"}),
        ([HEAD, SECOND, HEAD, SECOND], {4: "repeated_order", 5: "repeated_order"}),
        ([HEAD | {"Total": "-1"}], {2: "negative_price"}),
        (
            [HEAD | {"Created at": "yesterday"}, SECOND],
            {2: "invalid_timestamp", 3: "invalid_timestamp"},
        ),
        ([HEAD | {"Created at": "2999-01-01 00:00:00 +0000"}], {2: "future_date"}),
        ([HEAD | {"Currency": "DOUBLOON"}], {2: "unknown_currency"}),
    ],
)
def test_line_that_is_not_taken_is_named(
    rows: list[dict[str, str]], refused: dict[int, str]
) -> None:
    assert of_shop(*rows).refusals == refused


@pytest.mark.parametrize(
    "changes",
    [
        {"Lineitem quantity": "0"},
        {"Lineitem price": "-5.00"},
        {"Lineitem price": "'-5.00"},
        {"Lineitem price": "(5.00)"},
    ],
)
def test_line_that_sells_nothing_does_not_lose_the_order(changes: dict[str, str]) -> None:
    told = of_shop(HEAD | changes)
    assert (told.refusals, told.events[0].items, told.state.orders.count) == ({}, (), 1)


def test_shop_s_domain_is_one_however_it_is_written() -> None:
    (event,) = import_content([HEAD], folder=f"shopify/{SHOP.upper()}/").events
    assert event.order
    assert event.order.key == f"shopify/{SHOP}/5550001"


def test_sale_at_the_till_is_told_of_the_till() -> None:
    (event,) = of_shop(HEAD | {"Source": "pos", "Email": "", "Phone": ""}).events
    assert (event.channel, event.subjects) == ("pos", ())


@pytest.mark.parametrize(("said", "kept"), [("yes", [("email", "granted")]), ("no", [])])
def test_consent_is_given_by_the_order_it_was_ticked_in(
    said: str, kept: list[tuple[str, str]]
) -> None:
    (event,) = of_shop(HEAD | {"Accepts Marketing": said}).events
    assert consent_statuses(event) == kept
    assert all(one.at == "2026-11-01T08:59:00.000Z" for one in event.consents)


def test_customer_is_known_by_the_webhooks_id() -> None:
    (draft,) = of_shop(CUSTOMER).drafts
    body = {"id": 6972943892790, "updated_at": "2026-11-01T00:00:00Z"}
    (live,) = shopify.translate_delivery(told_live("customers/update", body))
    assert live.identifiers[0] in draft.identifiers
    assert consent_statuses(draft.event) == [("email", "granted")]


def test_live_denial_outweighs_a_consent_without_a_date() -> None:
    (history,) = of_shop(CUSTOMER).events
    said = {"state": "unsubscribed", "consent_updated_at": "2020-01-01T00:00:00Z"}
    body = {"id": 1, "updated_at": "2026-11-01T00:00:00Z", "email_marketing_consent": said}
    (live,) = shopify.translate_delivery(told_live("customers/update", body))
    assert fold_events([live.event, history]).consent["email"].status == "denied"


def test_customer_of_nobody_is_refused() -> None:
    told = of_shop(CUSTOMER | {"Customer ID": "", "Email": "none", "Phone": ""})
    assert told.refusals == {2: "missing_customer"}
