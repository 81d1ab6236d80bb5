"""`regulars verify`: what it counts, and what it does when the stream is dead."""

import pytest

from infra.cli import steps
from regulars.admin.polling import Polling
from regulars.store.lake import Lake
from regulars.store.ledger import Ledger
from tests.cli.conftest import CommandLine
from tests.support.aws import MotoStack
from tests.support.profile_stories import build_event
from tests.support.served_shop import build_event as build_shop_event
from tests.support.served_shop import fold_events


def test_dead_stream_is_repaired_after_seconds(
    aws: MotoStack, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    polling = Polling(lambda: seconds[0], lambda pause: seconds.append(seconds.pop() + pause))
    monkeypatch.setattr(steps, "POLLING", polling)
    event = build_event("one", "u:ann")
    Ledger("test-events", aws.dynamodb).record_events([event])
    Lake("test-lake", aws.s3).archive_events("2026-11-01", [event])
    errors = cli.errors("verify", code=1)
    assert "The stream makes no progress: 0 of 1 in profiles" in errors
    assert "regulars verify --repair" in errors
    before = seconds[0]
    assert "It is repaired without the stream." in cli.errors("verify", "--repair")
    assert seconds[0] - before < 20
    assert cli.result("verify")["differences"] == []


def test_devices_are_no_people(aws: MotoStack, cli: CommandLine) -> None:
    time = "2026-11-01T10:00:00.000Z"
    events = [
        build_shop_event("1", "Page Viewed", time, "a:visitor"),
        build_shop_event("2", "Page Viewed", time, "u:ann", "e:ann", trust="server"),
    ]
    fold_events(aws, *events)
    Lake("test-lake", aws.s3).archive_events("2026-11-01", events)
    text = cli.output("verify")
    assert text.startswith("2 events in profiles, 1 person with 3 identifiers")
