"""The store remembers the last day on which each source reported an order."""

import pytest

from regulars.store.api_keys import ApiKeys
from regulars.store.order_sources import OrderSources
from tests.support.aws import MotoStack


@pytest.fixture
def sources(aws: MotoStack) -> OrderSources:
    return OrderSources("test-control", aws.dynamodb)


def test_reporters_are_listed_from_their_last_day(sources: OrderSources) -> None:
    sources.record_reports(["shopify/main"], "2026-11-20")
    sources.record_reports(["stripe/main"], "2026-08-01")
    assert sources.list_reporters("2026-08-02") == ["shopify/main"]
    assert sources.list_reporters("2026-08-01") == ["shopify/main", "stripe/main"]


def test_last_day_is_kept_when_another_container_reports_an_earlier_one(
    sources: OrderSources, aws: MotoStack
) -> None:
    sources.record_reports(["shopify/main"], "2026-11-20")
    OrderSources("test-control", aws.dynamodb).record_reports(["shopify/main"], "2026-11-02")
    assert sources.list_reporters("2026-11-20") == ["shopify/main"]


def test_day_is_written_once_by_a_container(sources: OrderSources, aws: MotoStack) -> None:
    sources.record_reports(["shopify/main"], "2026-11-20")
    aws.dynamodb.delete_item(TableName="test-control", Key={"id": {"S": "order-sources"}})
    sources.record_reports(["shopify/main"], "2026-11-20")
    assert sources.list_reporters("") == []


def test_day_that_another_container_wrote_is_not_written_again(
    sources: OrderSources, aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources.record_reports(["shopify/main"], "2026-11-20")
    another = OrderSources("test-control", aws.dynamodb)
    monkeypatch.setattr(another, "_store_day", pytest.fail)
    another.record_reports(["shopify/main"], "2026-11-20")


def test_item_of_the_sources_is_no_api_key(sources: OrderSources, aws: MotoStack) -> None:
    sources.record_reports(["scope"], "2026-11-20")
    assert ApiKeys("test-control", aws.dynamodb).list_keys() == []
