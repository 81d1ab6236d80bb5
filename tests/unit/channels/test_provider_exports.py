"""Test that exports of Stripe, WooCommerce, Square and Mailchimp match the orders, payments and people of webhooks."""

from typing import Any

import pytest

from regulars.channels.commerce.woocommerce import webhook as woocommerce
from regulars.channels.mail.mailchimp import webhook as mailchimp
from regulars.channels.payments.square import webhook as square
from regulars.channels.payments.stripe import webhook as stripe
from regulars.domain.errors import InvalidRequestError
from regulars.domain.profiles import fold_events
from tests.support.deliveries import EVENT_EPOCH, consent_statuses, form_delivery, json_delivery
from tests.support.export_files import ImportedFile, import_content, to_csv

STRIPE_PAYMENT = {
    "id": "ch_1",
    "Created (UTC)": "2026-11-01 08:00",
    "Amount": "1,049.90",
    "Amount Refunded": "0.00",
    "Currency": "eur",
    "Mode": "Live",
    "Status": "Paid",
    "Captured": "true",
    "Customer ID": "cus_1",
    "Customer Email": "zebedee@example.com",
    "PaymentIntent ID": "pi_1",
}
STRIPE_CUSTOMER = {
    "id": "cus_1",
    "Email": "zebedee@example.com",
    "Name": "Zebedee",
    "Created (UTC)": "2025-01-01 00:00",
    "Delinquent": "false",
}
WOOCOMMERCE_ORDER = {
    "order_id": "4993",
    "order_date": "2026-11-01 08:00:00",
    "status": "completed",
    "order_total": "30.00",
    "order_currency": "EUR",
    "customer_id": "12",
    "billing_email": "zebedee@example.com",
    "billing_phone": "(602) 999-7186",
    "billing_country": "US",
    "line_items": "",
    "order_item_1": "",
    "refunded_total": "0",
}
SQUARE_ITEM = {
    "Date": "2026-11-01",
    "Time": "09:00:00",
    "Time Zone": "Eastern Time (US & Canada)",
    "Item": "Beer",
    "Qty": "2.0",
    "SKU": "BEER",
    "Gross Sales": "$11.00",
    "Net Sales": "$10.00",
    "Tax": "$1.00",
    "Transaction ID": "T1",
    "Payment ID": "P1",
    "Event Type": "Payment",
    "Customer ID": "C1",
    "Customer Name": "Zebedee",
}
MAILCHIMP_MEMBER = {
    "Email Address": "zebedee@example.com",
    "MEMBER_RATING": "3",
    "OPTIN_TIME": "2024-03-14 09:12:31",
    "CONFIRM_TIME": "2024-03-14 09:14:00",
    "EUID": "abc",
}


def import_rows(channel: str, *rows: dict[str, str], **options: Any) -> ImportedFile:
    return import_content(rows, folder=f"{channel}/main/", **options)


def build_stripe_delivery(type_: str, resource: dict[str, Any]) -> Any:
    body = {
        "id": f"evt_{type_}",
        "type": type_,
        "created": EVENT_EPOCH,
        "data": {"object": resource},
    }
    return json_delivery(body | {"livemode": True})


def test_stripe_payment_and_webhook_are_one_payment_and_one_order() -> None:
    intent = {"object": "payment_intent", "id": "pi_1", "amount": 104990, "currency": "eur"}
    live = [
        draft.event
        for draft in stripe.translate_delivery(
            build_stripe_delivery("payment_intent.succeeded", intent)
        )
    ]
    history = import_rows("stripe", STRIPE_PAYMENT).events
    for events in ([*live, *history], [*history, *live]):
        state = fold_events({event.id: event for event in events}.values())
        assert (state.orders.count, state.orders.money) == (1, {"EUR": 104990})
        assert state.counts["Payment Succeeded"] == 1


@pytest.mark.parametrize(
    ("changes", "type_"),
    [
        ({"Status": "Failed"}, "Payment Failed"),
        ({"Status": "Pending"}, "Payment Pending"),
        ({"Status": "requires_payment_method"}, "Payment Pending"),
        ({"Captured": "false"}, "Payment Authorized"),
    ],
)
def test_stripe_payment_is_stored_and_not_counted_when_it_failed(
    changes: dict[str, str], type_: str
) -> None:
    result = import_rows("stripe", STRIPE_PAYMENT | changes)
    assert [event.type for event in result.events] == [type_]
    assert result.state.orders.count == 0


@pytest.mark.parametrize(
    ("currency", "amount", "minor"), [("jpy", "1,049", 1049), ("kwd", "10.125", 10125)]
)
def test_stripe_amount_has_the_digits_of_its_currency(
    currency: str, amount: str, minor: int
) -> None:
    result = import_rows("stripe", STRIPE_PAYMENT | {"Currency": currency, "Amount": amount})
    assert result.state.orders.money == {currency.upper(): minor}


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        ("49,90", 4990),
        ("1.049,90", 104990),
        ("1 049,90", 104990),
        ("1\u202f049,90 €", 104990),
        ("1'049.90", 104990),
    ],
)
def test_amount_is_parsed_in_other_notations_when_it_is_unambiguous(
    amount: str, minor: int
) -> None:
    assert import_rows("stripe", STRIPE_PAYMENT | {"Amount": amount}).state.orders.money == {
        "EUR": minor
    }


@pytest.mark.parametrize(("delimiter", "money"), [(",", None), (";", {"EUR": 5})])
def test_amount_below_one_is_not_read_as_thousands(
    delimiter: str, money: dict[str, int] | None
) -> None:
    file = to_csv([STRIPE_PAYMENT | {"Amount": "0,049"}], delimiter)
    result = import_content(file, folder="stripe/main/")
    assert (result.state.orders.money or None) == money
    assert result.refusals == ({} if money else {2: "invalid_amount"})


def test_stripe_test_payment_is_stored_and_not_counted() -> None:
    result = import_rows("stripe", STRIPE_PAYMENT | {"Mode": "Test"})
    assert [event.test for event in result.events] == [True, True]
    assert result.state.orders.count == 0


def test_stripe_failed_attempt_is_stored_beside_the_order() -> None:
    result = import_rows(
        "stripe", STRIPE_PAYMENT | {"id": "ch_0", "Status": "Failed"}, STRIPE_PAYMENT
    )
    assert result.state.orders.count == 1
    assert result.state.counts["Payment Failed"] == 1


def test_stripe_refund_of_a_later_file_is_subtracted() -> None:
    paid = import_rows("stripe", STRIPE_PAYMENT).events
    changes = {"Amount Refunded": "49.90", "Status": "Refunded"}
    refund = import_rows(
        "stripe", STRIPE_PAYMENT | changes, uploaded_at="2026-11-23T00:00:00.000Z"
    ).events
    assert fold_events({event.id: event for event in [*refund, *paid]}.values()).orders.money == {
        "EUR": 100000
    }


def test_stripe_customer_has_the_id_of_the_webhook() -> None:
    (draft,) = import_rows("stripe", STRIPE_CUSTOMER).drafts
    resource = {"object": "customer", "id": "cus_1", "email": "zebedee@example.com"}
    (live,) = stripe.translate_delivery(build_stripe_delivery("customer.created", resource))
    assert {*live.identifiers} == {*draft.identifiers}


@pytest.mark.parametrize(
    ("changes", "items"),
    [
        ({"line_items": "id:1|name:Mug|product_id:7|sku:|quantity:2|total:30.00"}, ("7", 2, 1500)),
        ({"order_item_1": "product_id:4959|1|30|size: Medium"}, ("4959", 1, 3000)),
        ({"line_item_1": "name:Mug|product_id:7|sku:MUG|quantity:3|total:30"}, ("7", 3, 1000)),
        ({"item_name": "Mug", "item_sku": "MUG", "item_quantity": "3"}, ("MUG", 3, None)),
    ],
)
def test_woocommerce_items_are_parsed_in_the_format_of_each_plugin(
    changes: dict[str, str], items: tuple[str, int, int | None]
) -> None:
    (event,) = import_rows("woocommerce", WOOCOMMERCE_ORDER | changes).events
    assert [(item.product_id, item.quantity, item.price) for item in event.items] == [items]


@pytest.mark.parametrize(
    ("status", "count"),
    [("wc-completed", 1), ("Processing", 1), ("cancelled", 0), ("failed", 0), ("On hold", 1)],
)
def test_woocommerce_order_counts_as_in_the_webhook(status: str, count: int) -> None:
    history = import_rows("woocommerce", WOOCOMMERCE_ORDER | {"status": status})
    webhook_status = status.lower().removeprefix("wc-").replace(" ", "-")
    live = woocommerce.translate_delivery(build_woocommerce_delivery(webhook_status))
    assert history.state.orders.count == fold_events([live[0].event]).orders.count == count


def build_woocommerce_delivery(status: str) -> Any:
    body = {
        "id": 4993,
        "status": status,
        "currency": "EUR",
        "total": "30.00",
        "customer_id": 12,
        "date_created_gmt": "2026-11-01T08:00:00",
        "date_modified_gmt": "2026-11-02T08:00:00",
        "billing": {"email": "zebedee@example.com", "phone": "(602) 999-7186", "country": "US"},
        "line_items": [],
    }
    return json_delivery(body, x_wc_webhook_topic="order.updated")


def test_woocommerce_order_and_webhook_are_one_order_of_one_person() -> None:
    history = import_rows("woocommerce", WOOCOMMERCE_ORDER).drafts
    live = woocommerce.translate_delivery(build_woocommerce_delivery("completed"))
    assert fold_events([draft.event for draft in [*live, *history]]).orders.count == 1
    assert {*history[0].identifiers} == {*live[0].identifiers}


@pytest.mark.parametrize(
    ("date", "count"), [("2026-11-02 20:00:00", 0), ("2026-11-03T09:00:00Z", 1)]
)
def test_woocommerce_order_stays_cancelled_when_the_file_has_no_time_zone(
    date: str, count: int
) -> None:
    live = woocommerce.translate_delivery(build_woocommerce_delivery("cancelled"))[0].event
    history = import_rows("woocommerce", WOOCOMMERCE_ORDER | {"date_modified": date}).events
    assert fold_events([live, *history]).orders.count == count


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"status": "checkout-draft"}, "unpaid_order"),
        ({"status": "pending"}, "unpaid_order"),
        ({"status": "Pending payment"}, "unpaid_order"),
        ({"status": "Draft"}, "unpaid_order"),
        ({"order_total": ""}, "invalid_amount"),
        ({"order_date": "31/5/2016"}, "invalid_timestamp"),
        ({"order_id": " "}, "missing_order_id"),
    ],
)
def test_woocommerce_order_is_refused_with_its_reason(
    changes: dict[str, str], refused: str
) -> None:
    assert import_rows("woocommerce", WOOCOMMERCE_ORDER | changes).refusals == {2: refused}


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("5/31/2016 0:37", "2016-05-31T00:37:00.000Z"),
        ("2016-05-31", "2016-05-31T00:00:00.000Z"),
        ("01.06.2016 08:00", "2016-06-01T08:00:00.000Z"),
    ],
)
def test_woocommerce_date_is_parsed_in_each_notation(date: str, at: str) -> None:
    (event,) = import_rows("woocommerce", WOOCOMMERCE_ORDER | {"order_date": date}).events
    assert event.occurred_at == at


@pytest.mark.parametrize("price", ["-3.00", "'-3.00", "(3.00)", "€ -3.00"])
def test_woocommerce_order_counts_when_a_line_is_a_deduction(price: str) -> None:
    result = import_rows(
        "woocommerce",
        WOOCOMMERCE_ORDER | {"item_name": "Thanks", "item_sku": "T", "item_price": price},
    )
    assert (result.refusals, result.events[0].items, result.state.orders.count) == ({}, (), 1)


def test_woocommerce_currency_defaults_to_that_of_the_shop() -> None:
    result = import_rows("woocommerce", WOOCOMMERCE_ORDER | {"order_currency": ""}, currency="USD")
    assert result.state.orders.money == {"USD": 3000}


def test_square_sale_is_the_payment_of_the_webhook() -> None:
    history = import_rows("square", SQUARE_ITEM, SQUARE_ITEM | {"Item": "Chips", "SKU": "CHIPS"})
    payment = {
        "id": "P1",
        "status": "COMPLETED",
        "customer_id": "C1",
        "total_money": {"amount": 2400, "currency": "USD"},
        "created_at": "2026-11-01T14:00:00Z",
        "updated_at": "2026-11-01T14:00:00Z",
    }
    body = {"type": "payment.updated", "event_id": "e", "data": {"object": {"payment": payment}}}
    (live,) = square.translate_delivery(json_delivery(body))
    assert history.state.orders.money == {"USD": 2200}
    assert fold_events([live.event, *history.events]).orders.money == {"USD": 2400}
    assert {*live.identifiers} == {*history.drafts[0].identifiers}


def test_square_time_is_converted_from_its_zone() -> None:
    (event,) = import_rows("square", SQUARE_ITEM).events
    assert event.occurred_at == "2026-11-01T14:00:00.000Z"
    assert [(item.product_id, item.quantity, item.price) for item in event.items] == [
        ("BEER", 2, 550)
    ]


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"Event Type": "Refund", "Net Sales": "($10.00)"}, "refund_without_sale"),
        ({"Time Zone": "Middle-earth"}, "unknown_time_zone"),
        ({"Payment ID": "", "Transaction ID": ""}, "missing_order_id"),
        ({"Net Sales": "ten"}, "invalid_amount"),
        ({"Qty": "0"}, "invalid_quantity"),
    ],
)
def test_square_line_is_refused_with_its_reason(changes: dict[str, str], refused: str) -> None:
    assert import_rows("square", SQUARE_ITEM | changes).refusals == {2: refused}


def test_square_refund_is_subtracted_when_it_names_its_payment() -> None:
    refund = SQUARE_ITEM | {
        "Event Type": "Refund",
        "Net Sales": "($4.00)",
        "Tax": "",
        "Qty": "-1.0",
    }
    assert import_rows("square", SQUARE_ITEM, refund).state.orders.money == {"USD": 700}


@pytest.mark.parametrize(
    ("name", "changes", "type_", "consent"),
    [
        ("subscribed_members_export.csv", {}, "Subscribed", [("email", "granted")]),
        (
            "Unsubscribed_1.csv",
            {"UNSUB_TIME": "2025-01-01 10:00:00"},
            "Unsubscribed",
            [("email", "denied")],
        ),
        (
            "cleaned_1.csv",
            {"CLEAN_TIME": "2025-01-01 10:00:00"},
            "Email Bounced",
            [("email", "denied")],
        ),
        ("nonsubscribed_1.csv", {}, "Customer Updated", []),
        ("not subscribed.csv", {}, "Customer Updated", []),
        ("never_subscribed.csv", {}, "Customer Updated", []),
        ("No longer subscribed.csv", {}, "Customer Updated", []),
        ("Un-subscribed.csv", {}, "Unsubscribed", [("email", "denied")]),
        (
            "subscribed_1.csv",
            {"UNSUB_TIME": "2025-01-01 10:00:00"},
            "Unsubscribed",
            [("email", "denied")],
        ),
    ],
)
def test_mailchimp_consent_depends_on_the_file_name(
    name: str, changes: dict[str, str], type_: str, consent: list[tuple[str, str]]
) -> None:
    (event,) = import_rows("mailchimp", MAILCHIMP_MEMBER | changes, name=name).events
    assert (event.type, consent_statuses(event)) == (type_, consent)


def test_mailchimp_consent_has_its_time_and_basis() -> None:
    (event,) = import_rows("mailchimp", MAILCHIMP_MEMBER, name="subscribed_1.csv").events
    (consent,) = event.consents
    assert (consent.at, consent.basis) == ("2024-03-14T09:14:00.000Z", "double_opt_in")


def test_mailchimp_contact_has_the_id_of_the_webhook() -> None:
    (draft,) = import_rows("mailchimp", MAILCHIMP_MEMBER, name="subscribed_1.csv").drafts
    fields = {"type": "profile", "fired_at": "2026-11-20 09:00:00", "data[id]": "abc"}
    (live,) = mailchimp.translate_delivery(
        form_delivery(fields | {"data[email]": "zebedee@example.com"})
    )
    assert {*live.identifiers} == {*draft.identifiers}


def test_mailchimp_file_is_refused_when_its_name_is_ambiguous() -> None:
    with pytest.raises(InvalidRequestError) as raised:
        import_rows("mailchimp", MAILCHIMP_MEMBER, name="audience.csv")
    assert raised.value.code == "unnamed_audience"
