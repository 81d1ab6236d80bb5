"""Messages of the tracking API become canonical events."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.channels.contract import Draft, Request
from regulars.channels.tracking.messages import translate_message
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, encode_event
from regulars.domain.times import to_text

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REQUEST = Request(
    source="web", body=b"", received_at=NOW, default_country="GB", default_currency="GBP"
)


def draft(sent_at: str = "", **message: Any) -> Draft:
    raw = json.dumps({"type": "track", "event": "Signed Up", "userId": "u1"} | message).encode()
    return translate_message(raw, REQUEST, sent_at=sent_at)


def event(sent_at: str = "", **message: Any) -> Event:
    return draft(sent_at, **message).event


def time_ago(**duration: float) -> str:
    return to_text(NOW - timedelta(**duration))


def order(**properties: Any) -> Event:
    said = {"order_id": "o1", "currency": "EUR"} | properties
    return event(event="Order Completed", properties=said)


def test_identifiers_come_from_everywhere_the_api_allows() -> None:
    told = draft(
        anonymousId="a1",
        context={
            "traits": {"email": "Zebedee@Example.com"},
            "externalIds": [{"type": "phone", "id": "+44 20 7946 0018"}, {"type": "x", "id": "y"}],
        },
    )
    assert {(each.namespace, each.value) for each in told.identifiers} == {
        ("user_id", "u1"),
        ("anonymous_id", "a1"),
        ("email", "zebedee@example.com"),
        ("phone", "+442079460018"),
    }


@pytest.mark.parametrize(
    "said", ["Jose\u0301@example.com", "JOS\xc9@example.com ", "jos\xe9\uff20ex\uff41mple.com"]
)
def test_email_is_the_same_however_it_was_typed(said: str) -> None:
    assert [each.value for each in draft(traits={"email": said}).identifiers] == [
        "u1",
        "jos\xe9@example.com",
    ]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "group"}, "missing_group_id"),
        ({"type": "alias", "anonymousId": ""}, "missing_previous_id"),
        ({"type": "alias", "previousId": "a1", "userId": None}, "missing_identity"),
    ],
)
def test_message_needs_what_its_type_is_about(message: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidEventError) as refused:
        draft(**message)
    assert refused.value.code == code


def test_group_is_known_by_its_id() -> None:
    assert event(type="group", groupId="firm-7").properties == {"group_id": "firm-7"}


def test_null_anonymous_id_is_no_identifier() -> None:
    assert [each.namespace for each in draft(anonymousId=None).identifiers] == ["user_id"]


def test_group_traits_are_not_the_persons() -> None:
    told = draft(type="group", groupId="g", traits={"email": "office@example.com", "name": "Firm"})
    assert [each.namespace for each in told.identifiers] == ["user_id"]
    assert told.contact == {}


@pytest.mark.parametrize("said", ["groupId", "category", "name", "timestamp", "userId"])
def test_messages_without_an_id_are_told_apart_by_what_they_say(said: str) -> None:
    message = {"type": "page", said: time_ago(hours=1)}
    again = event(sent_at=time_ago(), **message)
    other = event(type="page", **{said: time_ago(hours=2)})
    assert event(**message).id == again.id != other.id


@pytest.mark.parametrize("part", ["page", "traits"])
def test_messages_without_an_id_are_told_apart_by_their_context(part: str) -> None:
    one, again, other = (
        event(type="page", context={part: {"title": title}, "active": active})
        for title, active in (("Tea", True), ("Tea", False), ("Mugs", True))
    )
    assert one.id == again.id != other.id


def test_message_without_an_id_is_known_again_as_it_was_before_its_context_counted() -> None:
    assert event(context={"active": True}).id == "9Jy2w41Y5jhnvyAf"


def test_alias_of_the_browser_s_own_visitor_links_its_anonymous_id() -> None:
    told = draft(type="alias", anonymousId="a1")
    assert [(each.namespace, each.value) for each in told.identifiers] == [
        ("user_id", "u1"),
        ("anonymous_id", "a1"),
    ]


def test_alias_links_the_previous_id() -> None:
    told = draft(type="alias", previousId="a1")
    assert {(each.namespace, each.value) for each in told.identifiers} == {
        ("user_id", "u1"),
        ("user_id", "a1"),
        ("anonymous_id", "a1"),
    }


@pytest.mark.parametrize(
    ("said", "sent", "expected"),
    [
        (time_ago(minutes=2), time_ago(minutes=1), (time_ago(minutes=2), False)),
        (time_ago(hours=3), time_ago(hours=2), (time_ago(hours=1), True)),
        (time_ago(hours=-1), time_ago(hours=-2), (time_ago(hours=1), True)),
        (time_ago(hours=-1), "", (time_ago(), True)),
        (time_ago(minutes=-3), "", (time_ago(minutes=-3), False)),
        (None, time_ago(hours=2), (time_ago(), False)),
    ],
)
def test_time_is_corrected_only_for_a_wrong_clock(
    said: str | None, sent: str, expected: tuple[str, bool]
) -> None:
    told = event(timestamp=said, sent_at=sent)
    assert (told.occurred_at, told.clock_skewed) == expected
    assert told.properties.get("original_timestamp") == (said if told.clock_skewed else None)


@pytest.mark.parametrize(
    ("item", "batch"), [(time_ago(hours=2), time_ago()), (time_ago(), time_ago(hours=2))]
)
def test_message_that_waited_in_a_queue_is_no_wrong_clock(item: str, batch: str) -> None:
    told = event(timestamp=time_ago(hours=2), sentAt=item, sent_at=batch)
    assert (told.occurred_at, told.clock_skewed) == (time_ago(hours=2), False)


def test_message_of_last_month_is_history() -> None:
    assert event(timestamp=time_ago(days=30)).backfill
    assert not event(timestamp=time_ago(days=1)).backfill


@pytest.mark.parametrize(
    ("properties", "total"),
    [
        ({"total": 27.5, "revenue": 20}, 2750),
        ({"revenue": "20.00", "shipping": 5, "tax": "2.50"}, 2750),
        ({"value": 27.5}, 2750),
        ({"products": [{"product_id": "p", "price": 12.5, "quantity": 2}], "shipping": 2.5}, 2750),
        ({"total": 27.5, "currency": "JPY"}, 28),
    ],
)
def test_order_total_is_what_the_buyer_pays(properties: dict[str, Any], total: int) -> None:
    fact = order(**properties).order
    assert fact
    assert fact.total == total


def test_order_without_a_currency_takes_the_shops() -> None:
    fact = order(currency=None, total=5).order
    assert fact
    assert (fact.key, fact.currency, fact.total) == ("shop/o1", "GBP", 500)


def test_update_that_names_no_amount_leaves_the_order_as_it_was() -> None:
    told = event(event="Order Updated", properties={"order_id": "o1", "coupon": "TEA"})
    assert (told.order, told.properties) == (None, {"order_id": "o1", "coupon": "TEA"})
    changed = event(event="Order Updated", properties={"order_id": "o1", "total": 0})
    assert changed.order
    assert (changed.order.status, changed.order.total) == ("placed", 0)


@pytest.mark.parametrize(
    ("properties", "refunded"),
    [
        ({}, None),
        ({"products": [{"product_id": "p"}]}, None),
        ({"total": "3.10"}, 310),
        ({"revenue": "3.10"}, 310),
        ({"products": [{"product_id": "p", "price": 1.55, "quantity": 2}]}, 310),
    ],
)
def test_refund_is_of_everything_when_it_names_no_amount(
    properties: dict[str, Any], refunded: int | None
) -> None:
    fact = event(event="Order Refunded", properties={"order_id": "o1"} | properties).order
    assert fact
    assert (fact.refunded, fact.total, bool(fact.refund_id)) == (refunded, 0, True)


def test_viewed_product_is_an_item() -> None:
    told = event(
        event="Viewed Product",
        properties={"product_id": 7, "name": "Mug", "price": "3.5", "brand": "Acme"},
    )
    assert told.type == "Product Viewed"
    assert [(item.product_id, item.name, item.price) for item in told.items] == [("7", "Mug", 350)]
    assert told.properties == {"brand": "Acme"}


def test_list_of_products_keeps_its_own_category() -> None:
    products = [{"product_id": "p", "category": "Mugs"}]
    told = event(
        event="Product List Viewed",
        properties={"list_id": "l", "category": "Kitchen", "products": products},
    )
    assert told.properties == {"list_id": "l", "category": "Kitchen"}
    assert [item.category for item in told.items] == ["Mugs"]


def test_page_keeps_where_it_was_and_loses_what_is_personal() -> None:
    url = "https://shop.example.com/tea?utm_source=news&email=zebedee%40example.com#zebedee"
    told = event(type="page", name="Tea", context={"page": {"url": url, "title": "Tea"}})
    assert told.properties == {
        "name": "Tea",
        "title": "Tea",
        "url": "https://shop.example.com/tea?utm_source=news",
    }


@pytest.mark.parametrize("said", ["+442079460018", "020 7946 0018", "zebedee\uff20example.com"])
def test_trait_that_looks_personal_is_not_kept(said: str) -> None:
    assert event(context={"locale": said, "timezone": said}).traits == {}


def test_absurd_clock_moves_no_event_out_of_the_shops_time() -> None:
    told = event(timestamp="1990-01-02", sentAt="2999-01-01T00:00:00Z")
    assert (told.occurred_at, told.clock_skewed) == (to_text(NOW), True)


def test_time_may_be_written_in_lower_case() -> None:
    assert event(timestamp="2026-11-22t11:59:00z").occurred_at == time_ago(minutes=1)


def test_traits_kept_with_the_event_tell_nobody_who_it_is() -> None:
    traits = {"email": "zebedee@example.com", "address": {"country": "FR", "street": "1 Canary"}}
    told = event(type="identify", traits=traits, context={"locale": "fr-FR"})
    assert told.traits == {"country": "FR", "locale": "fr-FR"}


def test_no_word_of_a_person_is_in_the_event() -> None:
    told = draft(
        traits={"name": "Zebedee", "phone": "020 7946 0018", "address": {"street": "1 Canary"}},
        properties={
            "name": "Zebedee",
            "email": "zebedee@example.com",
            "anything": "write to zebedee@example.com",
            "number": "+44 20 7946 0018",
            "digits": 442079460018,
            "message": "canary",
            "deep": {"first_name": "Zebedee", "list": ["zebedee@example.com"]},
            "zebedee@example.com": 1,
        },
        context={"ip": "203.0.113.9", "userAgent": "canary", "traits": {"username": "zebedee"}},
    )
    said = encode_event(told.event).decode().lower()
    assert [word for word in ("zebedee", "7946", "canary", "203.0") if word in said] == []


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Unsubscribed", "denied"),
        ("Email Marked as Spam", "complained"),
        (" Unsubscribed ", "denied"),
    ],
)
def test_unsubscribing_or_complaining_withdraws_consent(name: str, status: str) -> None:
    (consent,) = event(event=name, timestamp=time_ago(hours=1)).consents
    assert (consent.channel, consent.status, consent.at) == ("email", status, time_ago(hours=1))
