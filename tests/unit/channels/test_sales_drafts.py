"""Amounts, quantities and ids of what is sold: exact, or refused by name."""

from datetime import UTC, datetime

import msgspec
import pytest

from regulars.channels.contract import Request
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import build_version, parse_first_time
from regulars.channels.fields.person import Person
from regulars.channels.fields.texts import require_id
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import OrderFact
from tests.support.deliveries import NOW


def test_later_status_wins_within_one_second() -> None:
    moment = "2026-11-20T09:00:00.000Z"
    versions = [build_version(moment, rank) for rank in (2, 10, 113)]
    assert versions == sorted(versions)
    assert versions[0] > moment


def test_missing_id_is_refused() -> None:
    with pytest.raises(InvalidEventError, match="order_id"):
        require_id(None, "order_id")


def test_time_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidEventError) as refused:
        parse_first_time(None, "yesterday")
    assert refused.value.code == "invalid_timestamp"


def test_two_sources_of_one_account_tell_one_event() -> None:
    request = Request("one", b"", NOW, config={"account": "acct_1"})
    told = [
        EventBuilder(source, "stripe", "payments")
        .draft("Order Completed", ("o",), Person(""))
        .event
        for source in (request, msgspec.structs.replace(request, source="two"))
    ]
    assert told[0].id == told[1].id
    assert [event.source for event in told] == ["stripe/one", "stripe/two"]


def test_event_of_the_future_is_told_at_its_receipt() -> None:
    telling = EventBuilder(
        Request("main", b"", NOW), "kofi", "payments", datetime(2030, 1, 1, tzinfo=UTC)
    )
    event = telling.draft("Payment Succeeded", ("p",), Person("")).event
    assert (event.occurred_at, event.clock_skewed) == ("2026-11-20T09:00:10.000Z", True)


@pytest.mark.parametrize(("config", "counts"), [({}, True), ({"orders": "elsewhere"}, False)])
def test_sale_that_a_shop_tells_too_is_no_second_order(
    config: dict[str, str], counts: bool
) -> None:
    telling = EventBuilder(Request("main", b"", NOW, config=config), "stripe", "payments")
    order = OrderFact("stripe/main/1", "v", total=100, currency="EUR")
    told = telling.draft("Payment Succeeded", ("1",), Person(""), order=order).event
    assert (told.order is not None) == counts


def test_what_happened_earlier_is_told_as_history() -> None:
    telling = EventBuilder(Request("main", b"", NOW), "square", "shop")
    told = telling.at(None, "2026-08-01T08:00:00Z").draft("Sold", ("1",), Person("")).event
    assert (told.occurred_at, told.backfill) == ("2026-08-01T08:00:00.000Z", True)
    assert telling.at(None, "") is telling
