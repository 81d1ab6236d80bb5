"""Exports of Stripe, WooCommerce, Square and Mailchimp: the same orders, payments and people that webhooks tell."""

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

PAYMENT = {
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
WOO = {
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
SQUARE = {
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
MEMBER = {
    "Email Address": "zebedee@example.com",
    "MEMBER_RATING": "3",
    "OPTIN_TIME": "2024-03-14 09:12:31",
    "CONFIRM_TIME": "2024-03-14 09:14:00",
    "EUID": "abc",
}


def of(channel: str, *rows: dict[str, str], **options: Any) -> ImportedFile:
    return import_content(rows, folder=f"{channel}/main/", **options)


def stripe_event(type_: str, thing: dict[str, Any]) -> Any:
    body = {"id": f"evt_{type_}", "type": type_, "created": EVENT_EPOCH, "data": {"object": thing}}
    return json_delivery(body | {"livemode": True})


def test_stripe_payment_and_webhook_are_one_payment_and_one_order() -> None:
    intent = {"object": "payment_intent", "id": "pi_1", "amount": 104990, "currency": "eur"}
    live = [
        one.event
        for one in stripe.translate_delivery(stripe_event("payment_intent.succeeded", intent))
    ]
    history = of("stripe", PAYMENT).events
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
def test_stripe_payment_that_was_not_made_is_told_and_not_counted(
    changes: dict[str, str], type_: str
) -> None:
    told = of("stripe", PAYMENT | changes)
    assert [event.type for event in told.events] == [type_]
    assert told.state.orders.count == 0


@pytest.mark.parametrize(
    ("currency", "amount", "minor"), [("jpy", "1,049", 1049), ("kwd", "10.125", 10125)]
)
def test_stripe_amount_has_the_digits_of_its_currency(
    currency: str, amount: str, minor: int
) -> None:
    told = of("stripe", PAYMENT | {"Currency": currency, "Amount": amount})
    assert told.state.orders.money == {currency.upper(): minor}


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
def test_amount_of_another_country_is_read_where_it_can_mean_one_thing(
    amount: str, minor: int
) -> None:
    assert of("stripe", PAYMENT | {"Amount": amount}).state.orders.money == {"EUR": minor}


@pytest.mark.parametrize(("delimiter", "money"), [(",", None), (";", {"EUR": 5})])
def test_amount_below_one_is_no_thousand(delimiter: str, money: dict[str, int] | None) -> None:
    file = to_csv([PAYMENT | {"Amount": "0,049"}], delimiter)
    told = import_content(file, folder="stripe/main/")
    assert (told.state.orders.money or None) == money
    assert told.refusals == ({} if money else {2: "invalid_amount"})


def test_stripe_test_mode_is_kept_and_never_counted() -> None:
    told = of("stripe", PAYMENT | {"Mode": "Test"})
    assert [event.test for event in told.events] == [True, True]
    assert told.state.orders.count == 0


def test_stripe_attempt_that_failed_before_one_that_did_not_is_beside_the_order() -> None:
    told = of("stripe", PAYMENT | {"id": "ch_0", "Status": "Failed"}, PAYMENT)
    assert told.state.orders.count == 1
    assert told.state.counts["Payment Failed"] == 1


def test_stripe_refund_is_subtracted_and_told_anew_by_a_later_file() -> None:
    paid = of("stripe", PAYMENT).events
    changes = {"Amount Refunded": "49.90", "Status": "Refunded"}
    back = of("stripe", PAYMENT | changes, uploaded_at="2026-11-23T00:00:00.000Z").events
    assert fold_events({one.id: one for one in [*back, *paid]}.values()).orders.money == {
        "EUR": 100000
    }


def test_stripe_customer_has_the_webhooks_id() -> None:
    (draft,) = of("stripe", STRIPE_CUSTOMER).drafts
    thing = {"object": "customer", "id": "cus_1", "email": "zebedee@example.com"}
    (live,) = stripe.translate_delivery(stripe_event("customer.created", thing))
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
def test_woocommerce_items_are_read_as_each_plugin_writes_them(
    changes: dict[str, str], items: tuple[str, int, int | None]
) -> None:
    (event,) = of("woocommerce", WOO | changes).events
    assert [(one.product_id, one.quantity, one.price) for one in event.items] == [items]


@pytest.mark.parametrize(
    ("status", "count"),
    [("wc-completed", 1), ("Processing", 1), ("cancelled", 0), ("failed", 0), ("On hold", 1)],
)
def test_woocommerce_order_counts_as_by_a_webhook(status: str, count: int) -> None:
    history = of("woocommerce", WOO | {"status": status})
    word = status.lower().removeprefix("wc-").replace(" ", "-")
    live = woocommerce.translate_delivery(woo_webhook(word))
    assert history.state.orders.count == fold_events([live[0].event]).orders.count == count


def woo_webhook(status: str) -> Any:
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
    history = of("woocommerce", WOO).drafts
    live = woocommerce.translate_delivery(woo_webhook("completed"))
    assert fold_events([one.event for one in [*live, *history]]).orders.count == 1
    assert {*history[0].identifiers} == {*live[0].identifiers}


@pytest.mark.parametrize(
    ("date", "count"), [("2026-11-02 20:00:00", 0), ("2026-11-03T09:00:00Z", 1)]
)
def test_woocommerce_file_in_the_shop_s_own_time_does_not_uncancel_an_order(
    date: str, count: int
) -> None:
    live = woocommerce.translate_delivery(woo_webhook("cancelled"))[0].event
    history = of("woocommerce", WOO | {"date_modified": date}).events
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
def test_woocommerce_order_that_is_not_taken_is_named(
    changes: dict[str, str], refused: str
) -> None:
    assert of("woocommerce", WOO | changes).refusals == {2: refused}


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("5/31/2016 0:37", "2016-05-31T00:37:00.000Z"),
        ("2016-05-31", "2016-05-31T00:00:00.000Z"),
        ("01.06.2016 08:00", "2016-06-01T08:00:00.000Z"),
    ],
)
def test_woocommerce_date_is_read_as_written(date: str, at: str) -> None:
    (event,) = of("woocommerce", WOO | {"order_date": date}).events
    assert event.occurred_at == at


@pytest.mark.parametrize("price", ["-3.00", "'-3.00", "(3.00)", "€ -3.00"])
def test_woocommerce_line_that_takes_off_the_bill_does_not_lose_the_sale(price: str) -> None:
    told = of("woocommerce", WOO | {"item_name": "Thanks", "item_sku": "T", "item_price": price})
    assert (told.refusals, told.events[0].items, told.state.orders.count) == ({}, (), 1)


def test_woocommerce_currency_that_is_not_said_is_the_shop_s() -> None:
    told = of("woocommerce", WOO | {"order_currency": ""}, currency="USD")
    assert told.state.orders.money == {"USD": 3000}


def test_square_sale_is_the_payment_of_the_webhook() -> None:
    history = of("square", SQUARE, SQUARE | {"Item": "Chips", "SKU": "CHIPS"})
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


def test_square_time_is_that_of_its_zone() -> None:
    (event,) = of("square", SQUARE).events
    assert event.occurred_at == "2026-11-01T14:00:00.000Z"
    assert [(one.product_id, one.quantity, one.price) for one in event.items] == [("BEER", 2, 550)]


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
def test_square_line_that_is_not_taken_is_named(changes: dict[str, str], refused: str) -> None:
    assert of("square", SQUARE | changes).refusals == {2: refused}


def test_square_refund_that_names_its_payment_is_subtracted() -> None:
    back = SQUARE | {"Event Type": "Refund", "Net Sales": "($4.00)", "Tax": "", "Qty": "-1.0"}
    assert of("square", SQUARE, back).state.orders.money == {"USD": 700}


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
def test_mailchimp_consent_is_that_of_the_file_s_name(
    name: str, changes: dict[str, str], type_: str, consent: list[tuple[str, str]]
) -> None:
    (event,) = of("mailchimp", MEMBER | changes, name=name).events
    assert (event.type, consent_statuses(event)) == (type_, consent)


def test_mailchimp_consent_has_its_time_and_basis() -> None:
    (event,) = of("mailchimp", MEMBER, name="subscribed_1.csv").events
    (consent,) = event.consents
    assert (consent.at, consent.basis) == ("2024-03-14T09:14:00.000Z", "double_opt_in")


def test_mailchimp_contact_has_the_webhooks_id() -> None:
    (draft,) = of("mailchimp", MEMBER, name="subscribed_1.csv").drafts
    fields = {"type": "profile", "fired_at": "2026-11-20 09:00:00", "data[id]": "abc"}
    (live,) = mailchimp.translate_delivery(
        form_delivery(fields | {"data[email]": "zebedee@example.com"})
    )
    assert {*live.identifiers} == {*draft.identifiers}


def test_mailchimp_file_that_does_not_say_of_whom_is_refused() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        of("mailchimp", MEMBER, name="audience.csv")
    assert refused.value.code == "unnamed_audience"
