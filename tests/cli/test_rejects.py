"""`regulars rejects` and `regulars replay`: counts, lists, one body, and what can be done next."""

from datetime import UTC, datetime

import pytest

from regulars.store.rejects import Reject, Rejects, StoredDelivery
from tests.cli.conftest import CommandLine
from tests.support.aws import MotoStack

NOW = datetime.now(UTC)
BODY = b'{"id": 1,\n "name": "Zo\xc3\xab"}'
REJECT = Reject(
    code="not_found",
    reason="There is no such source.",
    source="shopify/main",
    raw=BODY,
    delivery=StoredDelivery(),
)
TRACKING = Reject(
    code="unauthorized",
    reason="No key.",
    source="segment/",
    raw=b"{}",
    delivery=StoredDelivery(url="/v1/track"),
)


@pytest.fixture
def store(aws: MotoStack) -> Rejects:
    """One reject."""
    store = Rejects("test-rejects", aws.dynamodb)
    store.store_rejects([REJECT], NOW)
    return store


def test_rejects_are_counted(cli: CommandLine, store: Rejects) -> None:
    (count,) = cli.result("rejects")
    assert count == {
        "day": NOW.date().isoformat(),
        "code": "not_found",
        "source": "shopify/main",
        "count": 1,
    }
    assert cli.result("rejects", "--code", "invalid_json") == []


def test_rejects_are_listed_one_by_one(cli: CommandLine, store: Rejects) -> None:
    (listed,) = cli.result("rejects", "--list")
    assert [*listed] == [
        *("reject_id", "received_at", "code", "source", "reason", "bytes", "replayed_at"),
    ]
    assert (listed["reason"], listed["bytes"]) == ("There is no such source.", len(BODY))


def test_body_of_one_is_printed_byte_for_byte(cli: CommandLine, store: Rejects) -> None:
    (listed,) = cli.result("rejects", "--list")
    assert cli.output("rejects", "--raw", listed["reject_id"][:12]).encode() == BODY


def test_received_reject_says_so(cli: CommandLine, store: Rejects) -> None:
    (listed,) = cli.result("rejects", "--list")
    store.mark_replayed(listed["received_at"][:10], listed["reject_id"], NOW)
    assert "There is no such source. Received again 20" in cli.output("rejects", "--list")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("rejects", "regulars rejects --list"),
        ("rejects --list", "regulars replay ID, or --source SOURCE"),
    ],
)
def test_output_says_what_can_be_done_next(
    cli: CommandLine, store: Rejects, words: str, hint: str
) -> None:
    assert hint in cli.output(*words.split())


def test_nothing_refused_is_said(cli: CommandLine) -> None:
    assert cli.output("rejects").strip() == "Nothing was refused."


def test_replay_prints_the_outcomes_and_the_refusals(cli: CommandLine, store: Rejects) -> None:
    assert cli.result("replay", "--source", "shopify") == {"refused again: not_found": 1}
    errors = cli.errors("replay", "--source", "shopify")
    assert "shopify/main  There is no such source." in errors


def test_replay_without_a_selection_says_what_is_waiting(cli: CommandLine, store: Rejects) -> None:
    assert "Waiting: shopify/main (1)." in cli.errors("replay", code=1)


def test_replay_of_a_call_without_a_key_says_how_to_name_its_source(
    cli: CommandLine, store: Rejects
) -> None:
    store.store_rejects([TRACKING], NOW)
    assert "--into SOURCE" in cli.errors("replay", "--source", "segment")


def test_ambiguous_id_is_explained(cli: CommandLine, store: Rejects) -> None:
    errors = cli.errors("replay", "zz", code=1)
    assert "0 rejects have an id that begins with zz." in errors
    assert "regulars rejects --list" in errors
