"""Rejects: chosen by day, source and code, named by the beginning of their id, and counted."""

from datetime import UTC, datetime, timedelta

import pytest

from regulars.admin.errors import AmbiguousIdError
from regulars.admin.reject_replay import find_obstacle
from regulars.admin.rejects import (
    RejectCount,
    RejectFilter,
    count_rejects,
    count_waiting,
    find_reject,
    find_rejects,
    open_rejects,
)
from regulars.admin.status import count_reject_codes
from regulars.store.rejects import BatchFields, Reject, Rejects, StoredDelivery
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
TODAY_DATE = NOW.date()


@pytest.fixture
def store(aws: MotoStack) -> Rejects:
    """Two rejects of today and one of the day before."""
    store = open_rejects(build_deployment())
    for source, code, age in (
        ("shopify/main", "unknown_topic", 0),
        ("shopify/eu", "not_found", 0),
        ("segment/web", "not_found", 1),
    ):
        store.store_rejects(
            [Reject(code=code, reason="Once it was so.", source=source)], NOW - timedelta(days=age)
        )
    return store


@pytest.mark.parametrize(
    ("chosen", "sources"),
    [
        (RejectFilter(), ["segment/web", "shopify/main", "shopify/eu"]),
        (RejectFilter(source="shopify"), ["shopify/main", "shopify/eu"]),
        (RejectFilter(source="shopify/eu"), ["shopify/eu"]),
        (RejectFilter(code="not_found"), ["segment/web", "shopify/eu"]),
        (RejectFilter(since="2026-11-20"), ["shopify/main", "shopify/eu"]),
        (RejectFilter(source="shop"), []),
    ],
)
def test_filter_chooses_by_day_source_and_code(
    store: Rejects, chosen: RejectFilter, sources: list[str]
) -> None:
    found_sources = [reject.source for reject in find_rejects(store, TODAY_DATE, chosen)]
    assert sorted(found_sources) == sorted(sources)


def test_rejects_are_counted_by_day_code_and_source(store: Rejects) -> None:
    assert count_rejects(find_rejects(store, TODAY_DATE)) == [
        RejectCount("2026-11-19", "not_found", "segment/web", 1),
        RejectCount("2026-11-20", "not_found", "shopify/eu", 1),
        RejectCount("2026-11-20", "unknown_topic", "shopify/main", 1),
    ]


def test_codes_are_counted_over_thirty_days(store: Rejects, aws: MotoStack) -> None:
    store.store_rejects(
        [Reject(code="old", reason="Once it was so.", source="a/b")], NOW - timedelta(days=31)
    )
    counts = count_reject_codes(aws.dynamodb, "test-rejects", TODAY_DATE)
    assert counts == {"unknown_topic": 1, "not_found": 2}


def test_replayed_reject_is_no_longer_waiting(store: Rejects) -> None:
    reject = next(find_rejects(store, TODAY_DATE, RejectFilter(source="shopify/eu")))
    store.mark_replayed(reject.day, reject.reject_id, NOW)
    assert count_waiting(find_rejects(store, TODAY_DATE)) == {"segment/web": 1, "shopify/main": 1}


def test_reject_is_named_by_the_beginning_of_its_id(store: Rejects) -> None:
    rejects = list(find_rejects(store, TODAY_DATE))
    assert find_reject(rejects, rejects[0].reject_id[:12]) == rejects[0]
    with pytest.raises(AmbiguousIdError, match="3 rejects"):
        find_reject(rejects, "")


@pytest.mark.parametrize(
    ("source", "delivery", "obstacle"),
    [
        ("shopify/main", StoredDelivery(), ""),
        ("segment/web", None, ""),
        ("shopify/main", None, "of no channel"),
        ("unheard-of/main", StoredDelivery(), "of no channel"),
        (
            "segment/web",
            StoredDelivery(shared=BatchFields(context=None)),
            "too large to have been kept whole",
        ),
    ],
)
def test_reject_that_cannot_be_received_again_has_an_obstacle(
    store: Rejects, source: str, delivery: StoredDelivery | None, obstacle: str
) -> None:
    store.store_rejects(
        [Reject(code="code", reason="Once it was so.", source=source, delivery=delivery)], NOW
    )
    reject = next(find_rejects(store, TODAY_DATE, RejectFilter(code="code")))
    assert find_obstacle(reject) == obstacle
