"""Waiting for the stream: only what a profile should count is waited for, and a stream without progress is an error."""

import pytest

from regulars.admin.polling import Polling
from regulars.admin.stream_progress import (
    StreamProgress,
    StreamStalledError,
    StreamStores,
    await_stream,
    count_ledger,
    measure_stream,
)
from regulars.domain.events import Event
from regulars.store.lake import Lake
from regulars.store.ledger import Ledger
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment
from tests.support.profile_stories import build_event

ONE_EVENT = build_event("one", "a:one")


@pytest.fixture
def stores(aws: MotoStack) -> StreamStores:
    return StreamStores.from_deployment(build_deployment())


@pytest.mark.parametrize(
    ("stored", "to_fold"),
    [(ONE_EVENT, 1), (build_event("two", "a:one", test=True), 0), (build_event("three"), 0)],
    ids=["of a person", "a test of the sender", "of nobody"],
)
def test_ledger_counts_what_profiles_should(aws: MotoStack, stored: Event, to_fold: int) -> None:
    Ledger("test-events", aws.dynamodb).record_events([stored])
    assert count_ledger(aws.dynamodb, "test-events") == (to_fold, 1)


def test_empty_deployment_is_complete_at_once(stores: StreamStores) -> None:
    progress = await_stream(stores, Polling(sleep=lambda _pause: pytest.fail("It waits.")))
    assert progress.is_complete
    assert str(progress) == "0 of 0 in profiles, 0 of 0 in the lake"


def test_event_is_missing_until_it_is_archived(aws: MotoStack, stores: StreamStores) -> None:
    Ledger("test-events", aws.dynamodb).record_events([build_event("nobody")])
    assert not measure_stream(stores).is_complete
    Lake("test-lake", aws.s3).archive_events("2026-11-01", [build_event("nobody")])
    assert measure_stream(stores).is_complete


def test_stream_without_progress_is_an_error(aws: MotoStack, stores: StreamStores) -> None:
    Ledger("test-events", aws.dynamodb).record_events([ONE_EVENT])
    seconds, reports = [0.0], list[StreamProgress]()
    polling = Polling(lambda: seconds[0], lambda _pause: seconds.append(seconds.pop() + 100))
    with pytest.raises(StreamStalledError, match="has delivered nothing: 0 of 1") as stalled:
        await_stream(stores, polling, reports.append)
    assert stalled.value.progress == reports[-1]
    assert (reports[-1].folded, reports[-1].to_fold, len(reports)) == (0, 1, 3)
