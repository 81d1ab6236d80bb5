"""Waiting for the stream: only what a profile should count is waited for."""

import pytest

from infra.cli import settling
from regulars.domain.events import Event
from regulars.store.ledger import Ledger
from tests.support.aws import MotoStack

AT = "2026-01-02T03:04:05.000Z"


def told(id_: str, *subjects: str, test: bool = False) -> Event:
    """An event of these subjects."""
    return Event(
        id=id_,
        type="Page Viewed",
        channel="web",
        source="segment/web",
        occurred_at=AT,
        received_at=AT,
        subjects=subjects,
        test=test,
    )


@pytest.mark.parametrize(
    ("event", "known"),
    [(told("one", "a:one"), 1), (told("two", "a:one", test=True), 0), (told("three"), 0)],
    ids=["of somebody", "the sender's test", "of nobody"],
)
def test_ledger_counts_what_profiles_should(aws: MotoStack, event: Event, known: int) -> None:
    Ledger("test-events", aws.dynamodb).record_events([event])
    assert settling.in_ledger("test-events") == (known, 1)
