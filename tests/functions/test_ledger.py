"""The ledger on moto: every event once, however often it arrives."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from regulars.domain.events import Event, event_id
from regulars.store.ledger import Ledger
from tests.support.aws import MotoStack


@pytest.fixture
def ledger(aws: MotoStack) -> Ledger:
    return Ledger("test-events", aws.dynamodb)


def build_event(name: str, **fields: Any) -> Event:
    defaults: dict[str, Any] = {
        "type": "Page Viewed",
        "channel": "web",
        "source": "segment/web",
        "occurred_at": "2026-11-01T10:00:00.000Z",
        "received_at": "2026-11-01T10:00:01.000Z",
        "subjects": ("u:ann",),
    }
    return Event(id=event_id(name), **defaults | fields)


def test_ledger_reads_back_what_it_recorded(ledger: Ledger) -> None:
    recorded = ledger.record_events([build_event("a")])
    assert recorded.new == (event_id("a"),)
    assert ledger.read_events([event_id("a"), event_id("b")]) == [build_event("a")]


@pytest.mark.parametrize("size", [1, 2, 130])
def test_ledger_knows_every_event_that_arrives_again(ledger: Ledger, size: int) -> None:
    events = [build_event(str(number)) for number in range(size)]
    assert ledger.record_events(events).known == ()
    assert ledger.record_events(events).known == tuple(event.id for event in events)


def test_ledger_keeps_the_first_write_when_the_second_differs(ledger: Ledger) -> None:
    ledger.record_events([build_event("a")])
    later = build_event("a", received_at="2026-12-01T00:00:00.000Z")
    ledger.record_events([later])
    ledger.record_events([later, build_event("b")])
    assert ledger.read_events([event_id("a")]) == [build_event("a")]


def test_ledger_collapses_duplicates_within_one_call(ledger: Ledger) -> None:
    first, again = build_event("a"), build_event("a", received_at="2026-12-01T00:00:00.000Z")
    recorded = ledger.record_events([first, build_event("b"), again])
    assert recorded.new == (first.id, event_id("b"))
    assert ledger.read_events([first.id]) == [first]


def test_ledger_records_nothing_for_no_events(ledger: Ledger) -> None:
    assert ledger.record_events([]).new == ()


def test_timeline_lists_a_subjects_events_oldest_first(ledger: Ledger) -> None:
    late = build_event("late", occurred_at="2026-11-02T00:00:00.000Z")
    ledger.record_events([late, build_event("early"), build_event("other", subjects=("u:bob",))])
    assert ledger.list_event_ids("u:ann") == [event_id("early"), late.id]


def test_ledger_keeps_an_event_without_subject_out_of_the_timeline(
    aws: MotoStack, ledger: Ledger
) -> None:
    ledger.record_events([build_event("a", subjects=())])
    item = aws.dynamodb.get_item(TableName="test-events", Key={"event_id": {"S": event_id("a")}})
    assert set(item["Item"]) == {"event_id", "occurred_at", "event"}


def test_ledger_repeats_what_the_table_left_unwritten(
    ledger: Ledger, aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.store.batches.back_off", lambda _: None)
    monkeypatch.setattr(aws.dynamodb, "batch_write_item", skip_last_item(aws.dynamodb))
    recorded = ledger.record_events([build_event("a"), build_event("b")])
    assert len(ledger.read_events(recorded.new)) == 2


def test_ledger_raises_when_the_table_is_gone(aws: MotoStack) -> None:
    with pytest.raises(ClientError):
        Ledger("no-such-table", aws.dynamodb).record_events([build_event("a")])


def skip_last_item(client: Any) -> Callable[..., Any]:
    """Return a BatchWriteItem that leaves the last of several items unprocessed."""
    real = client.batch_write_item

    def write(RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803 (boto3's name)
        ((table, requests),) = RequestItems.items()
        if len(requests) == 1:
            return real(RequestItems=RequestItems)
        real(RequestItems={table: requests[:-1]})
        return {"UnprocessedItems": {table: requests[-1:]}}

    return write
