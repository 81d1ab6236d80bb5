"""Amounts, quantities and ids of what is sold: exact, or refused by name."""

from datetime import UTC, datetime

import msgspec
import pytest

from regulars.channels.contract import Request
from regulars.channels.drafts.sales import (
    Telling,
    amount_of,
    item_of,
    required,
    said_at,
    units_of,
    version_at,
)
from regulars.channels.fields.person import Person
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import OrderFact
from tests.support.deliveries import NOW


@pytest.mark.parametrize(
    ("said", "currency", "minor"),
    [("29.35", "EUR", 2935), ("1000", "JPY", 1000), ("1.234", "KWD", 1234), (0, "EUR", 0)],
)
def test_decimal_amount_is_exact_in_its_currency(said: object, currency: str, minor: int) -> None:
    assert amount_of(said, currency) == minor


@pytest.mark.parametrize("said", [1099, "1099", 1099.0])
def test_minor_units_are_taken_as_they_are(said: object) -> None:
    assert units_of(said) == 1099


@pytest.mark.parametrize("said", [None, True, "", "10.99", 1.5, "NaN", float("inf"), 10**16, []])
def test_what_is_no_whole_number_is_refused(said: object) -> None:
    with pytest.raises(InvalidEventError) as refused:
        units_of(said)
    assert refused.value.code == "invalid_amount"


def test_negative_amount_is_refused() -> None:
    with pytest.raises(InvalidEventError) as refused:
        units_of(-1)
    assert refused.value.code == "negative_price"


@pytest.mark.parametrize("quantity", [-1, 1.5, "many", 10**7, {}])
def test_quantity_that_is_none_is_refused(quantity: object) -> None:
    with pytest.raises(InvalidEventError) as refused:
        item_of("p", quantity)
    assert refused.value.code == "invalid_quantity"


@pytest.mark.parametrize(("product", "quantity"), [(None, 1), ("", 1), ("p", 0)])
def test_line_of_nothing_is_no_item(product: object, quantity: object) -> None:
    assert item_of(product, quantity) is None


def test_later_status_wins_within_one_second() -> None:
    moment = "2026-11-20T09:00:00.000Z"
    versions = [version_at(moment, rank) for rank in (2, 10, 113)]
    assert versions == sorted(versions)
    assert versions[0] > moment


def test_missing_id_is_refused() -> None:
    with pytest.raises(InvalidEventError, match="order_id"):
        required(None, "order_id")


def test_time_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidEventError) as refused:
        said_at(None, "yesterday")
    assert refused.value.code == "invalid_timestamp"


def test_two_sources_of_one_account_tell_one_event() -> None:
    request = Request("one", b"", NOW, config={"account": "acct_1"})
    told = [
        Telling(source, "stripe", "payments").draft("Order Completed", ("o",), Person("")).event
        for source in (request, msgspec.structs.replace(request, source="two"))
    ]
    assert told[0].id == told[1].id
    assert [event.source for event in told] == ["stripe/one", "stripe/two"]


def test_event_of_the_future_is_told_at_its_receipt() -> None:
    telling = Telling(
        Request("main", b"", NOW), "kofi", "payments", datetime(2030, 1, 1, tzinfo=UTC)
    )
    event = telling.draft("Payment Succeeded", ("p",), Person("")).event
    assert (event.occurred_at, event.clock_skewed) == ("2026-11-20T09:00:10.000Z", True)


@pytest.mark.parametrize(("config", "counts"), [({}, True), ({"orders": "elsewhere"}, False)])
def test_sale_that_a_shop_tells_too_is_no_second_order(
    config: dict[str, str], counts: bool
) -> None:
    telling = Telling(Request("main", b"", NOW, config=config), "stripe", "payments")
    order = OrderFact(key="stripe/main/1", version="v", total=100, currency="EUR")
    told = telling.draft("Payment Succeeded", ("1",), Person(""), order=order).event
    assert (told.order is not None) == counts


def test_what_happened_earlier_is_told_as_history() -> None:
    telling = Telling(Request("main", b"", NOW), "square", "shop")
    told = telling.at(None, "2026-08-01T08:00:00Z").draft("Sold", ("1",), Person("")).event
    assert (told.occurred_at, told.backfill) == ("2026-08-01T08:00:00.000Z", True)
    assert telling.at(None, "") is telling
