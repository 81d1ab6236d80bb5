"""The events of one delivery share their source, their time and their account."""

from datetime import UTC, datetime

import msgspec
import pytest

from regulars.channels.contract import Request
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.person import PersonBuilder
from regulars.domain.events import OrderFact
from tests.support.deliveries import NOW


def test_two_sources_of_one_account_build_one_event() -> None:
    request = Request(source="one", body=b"", received_at=NOW, config={"account": "acct_1"})
    first, second = (
        EventBuilder(source, "stripe", "payments")
        .build_draft("Order Completed", ("o",), PersonBuilder(""))
        .event
        for source in (request, msgspec.structs.replace(request, source="two"))
    )
    assert first.id == second.id
    assert (first.source, second.source) == ("stripe/one", "stripe/two")


def test_event_of_the_future_has_the_time_of_its_receipt() -> None:
    future = datetime(2030, 1, 1, tzinfo=UTC)
    builder = EventBuilder(Request("main", b"", NOW), "kofi", "payments", reported_at=future)
    event = builder.build_draft("Payment Succeeded", ("p",), PersonBuilder("")).event
    assert (event.occurred_at, event.clock_skewed) == ("2026-11-20T09:00:10.000Z", True)


@pytest.mark.parametrize(("config", "has_order"), [({}, True), ({"orders": "elsewhere"}, False)])
def test_sale_that_a_shop_reports_too_is_no_second_order(
    config: dict[str, str], has_order: bool
) -> None:
    builder = EventBuilder(
        Request(source="main", body=b"", received_at=NOW, config=config), "stripe", "payments"
    )
    order = OrderFact(key="stripe/main/1", version="v", total=100, currency="EUR")
    draft = builder.build_draft("Payment Succeeded", ("1",), PersonBuilder(""), order=order)
    assert (draft.event.order is not None) == has_order


def test_copy_at_an_earlier_time_builds_history() -> None:
    builder = EventBuilder(Request("main", b"", NOW), "square", "shop")
    earlier = builder.copy_at(None, "2026-08-01T08:00:00Z")
    event = earlier.build_draft("Sold", ("1",), PersonBuilder("")).event
    assert (event.occurred_at, event.backfill) == ("2026-08-01T08:00:00.000Z", True)


def test_copy_without_a_time_is_the_builder_itself() -> None:
    builder = EventBuilder(Request("main", b"", NOW), "square", "shop")
    assert builder.copy_at(None, "") is builder
