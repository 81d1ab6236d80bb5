"""The ledger on moto: once, whoever tells it and however often."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from regulars.domain.events import Event, event_id
from regulars.store.ledger import Ledger
from tests.support.aws import Deployed


@pytest.fixture
def ledger(aws: Deployed) -> Ledger:
    return Ledger("test-events", aws.dynamodb)


def event(name: str, **fields: Any) -> Event:
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
    recorded = ledger.record_events([event("a")])
    assert recorded.new == (event_id("a"),)
    assert ledger.read_events([event_id("a"), event_id("b")]) == [event("a")]


@pytest.mark.parametrize("size", [1, 2, 130])
def test_ledger_knows_every_event_when_it_comes_again(ledger: Ledger, size: int) -> None:
    events = [event(str(number)) for number in range(size)]
    assert ledger.record_events(events).known == ()
    assert ledger.record_events(events).known == tuple(each.id for each in events)


def test_ledger_keeps_the_first_write_when_the_second_differs(ledger: Ledger) -> None:
    ledger.record_events([event("a")])
    later = event("a", received_at="2026-12-01T00:00:00.000Z")
    ledger.record_events([later])
    ledger.record_events([later, event("b")])
    assert ledger.read_events([event_id("a")]) == [event("a")]


def test_ledger_collapses_duplicates_within_one_call(ledger: Ledger) -> None:
    first, again = event("a"), event("a", received_at="2026-12-01T00:00:00.000Z")
    recorded = ledger.record_events([first, event("b"), again])
    assert recorded.new == (first.id, event_id("b"))
    assert ledger.read_events([first.id]) == [first]


def test_ledger_records_nothing_when_given_nothing(ledger: Ledger) -> None:
    assert ledger.record_events([]).new == ()


def test_timeline_lists_a_subjects_events_oldest_first(ledger: Ledger) -> None:
    late = event("late", occurred_at="2026-11-02T00:00:00.000Z")
    ledger.record_events([late, event("early"), event("other", subjects=("u:bob",))])
    assert ledger.list_event_ids("u:ann") == [event_id("early"), late.id]


def test_ledger_keeps_an_event_of_nobody_out_of_the_timeline(aws: Deployed, ledger: Ledger) -> None:
    ledger.record_events([event("a", subjects=())])
    item = aws.dynamodb.get_item(TableName="test-events", Key={"event_id": {"S": event_id("a")}})
    assert set(item["Item"]) == {"event_id", "occurred_at", "event"}


def test_ledger_asks_again_for_what_the_table_left_unwritten(
    ledger: Ledger, aws: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.store.batches.back_off", lambda _: None)
    monkeypatch.setattr(aws.dynamodb, "batch_write_item", leaving_one(aws.dynamodb))
    recorded = ledger.record_events([event("a"), event("b")])
    assert len(ledger.read_events(recorded.new)) == 2


def test_ledger_raises_when_the_table_is_gone(aws: Deployed) -> None:
    with pytest.raises(ClientError):
        Ledger("no-such-table", aws.dynamodb).record_events([event("a")])


def leaving_one(client: Any) -> Callable[..., Any]:
    """BatchWriteItem that leaves the last of several items unprocessed."""
    real = client.batch_write_item

    def write(RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803 (boto3's name)
        ((table, requests),) = RequestItems.items()
        if len(requests) == 1:
            return real(RequestItems=RequestItems)
        real(RequestItems={table: requests[:-1]})
        return {"UnprocessedItems": {table: requests[-1:]}}

    return write
