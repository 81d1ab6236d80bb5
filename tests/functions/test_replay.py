"""What the receiving functions and the stream refused, received again by the owner."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.admin.errors import NoRejectsSelectedError
from regulars.domain.events import encode_event
from regulars.domain.trust import Trust, trust_of
from regulars.settings import TrackEventsSettings
from regulars.store.api_keys import ApiKeys, Scope, hash_key_text
from regulars.store.profiles import Profiles
from regulars.store.rejects import BatchFields, Reject, Rejects, StoredDelivery
from tests.functions.conftest import StackTables
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler
from tests.support.profile_stories import build_event
from tests.support.replays import run_replay
from tests.support.stream_records import build_insert_record

EVENT_TIME = "2026-11-20T10:00:00.000Z"
NOW = datetime.now(UTC)
TRACK: dict[str, Any] = {"event": "Signed Up", "userId": "u1", "timestamp": EVENT_TIME}
MESSAGE = TRACK | {"type": "track"}
RECEIVED_TIME = {"received": 1, "new events": 1, "known events": 0}

type Door = Callable[..., int]
type Replay = Callable[..., dict[str, int]]


@pytest.fixture
def door(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Posts to the tracking API with a key, and returns the status."""
    register(aws, "wk")
    register(aws, "reader", scope="read")
    module = load_handler("track_events", aws.build_settings(TrackEventsSettings), monkeypatch)

    def post(path: str, body: Any, key: str = "wk") -> int:
        basic = b64encode(f"{key}:".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"} if key else {}
        return int(module.handler(http_event(path, body, headers), None)["statusCode"])

    return post


@pytest.fixture
def replay(aws: MotoStack) -> Replay:
    """Replays the rejects of a source and returns the counts."""
    return lambda source, **options: run_replay(source, **options).counts


def register(aws: MotoStack, key: str, source: str = "web", scope: Scope = "browser") -> None:
    ApiKeys("test-control", aws.dynamodb).register_key(key, scope, "", source, EVENT_TIME)


def keep(aws: MotoStack, code: str, source: str, raw: bytes, delivery: Any = None) -> None:
    reject = Reject(code=code, reason="Once it was so.", source=source, raw=raw, delivery=delivery)
    Rejects("test-rejects", aws.dynamodb).store_rejects([reject], NOW)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/track", TRACK, 400),
        ("/v1/t", TRACK, 400),
        ("/v1/batch", {"batch": [MESSAGE]}, 200),
    ],
)
def test_refused_message_is_received_after_a_fix_and_once(  # noqa: PLR0913, PLR0917 (a table)
    door: Door,
    replay: Replay,
    tables: StackTables,
    path: str,
    body: dict[str, Any],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("regulars.channels.tracking.messages.MAX_NAME_CHARACTERS", 3)
        assert door(path, body) == status
    assert replay("segment/web") == RECEIVED_TIME
    assert replay("segment/web") == {"replayed before": 1}
    assert door(path, body) == 200
    assert [event.source for event in tables.list_events()] == ["segment/web"]


def test_message_that_breaks_its_translation_leaves_its_batch_alone(
    door: Door, replay: Replay, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = {"batch": [MESSAGE, {"type": "page", "anonymousId": "a1"}]}
    with monkeypatch.context() as broken:
        broken.delattr("regulars.channels.tracking.messages.add_commerce")
        assert door("/v1/batch", batch) == 200
    assert ([event.type for event in tables.list_events()], tables.list_reject_codes()) == (
        ["Page Viewed"],
        ["untranslatable"],
    )
    assert replay("segment/web") == RECEIVED_TIME


def test_message_received_again_has_what_its_batch_said(
    door: Door, replay: Replay, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = {"batch": [MESSAGE], "sentAt": EVENT_TIME, "context": {"locale": "de-DE"}}
    with monkeypatch.context() as patch:
        patch.setattr("regulars.channels.tracking.messages.MAX_NAME_CHARACTERS", 3)
        door("/v1/batch", batch)
    replay("segment")
    (told,) = tables.list_events()
    assert (told.sent_at, told.traits) == (EVENT_TIME, {"locale": "de-DE"})


@pytest.mark.parametrize(("scope", "trust"), [("server", Trust.SERVER), ("browser", Trust.BROWSER)])
@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
def test_replay_keeps_the_trust_of_the_key(  # noqa: PLR0913, PLR0917 (a table)
    aws: MotoStack,
    door: Door,
    replay: Replay,
    tables: StackTables,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    scope: Scope,
    trust: Trust,
) -> None:
    register(aws, "sender", "shop", scope)
    with monkeypatch.context() as patch:
        patch.setattr("regulars.channels.tracking.messages.MAX_NAME_CHARACTERS", 3)
        door(path, TRACK if path == "/v1/track" else {"batch": [MESSAGE]}, "sender")
    ApiKeys("test-control", aws.dynamodb).revoke_key(hash_key_text("sender"), EVENT_TIME)
    assert replay("segment/shop") == RECEIVED_TIME
    assert [trust_of(event) for event in tables.list_events()] == [trust]


def test_message_of_a_browser_key_is_not_raised_by_a_server_key_of_its_source(
    aws: MotoStack, door: Door, replay: Replay, tables: StackTables
) -> None:
    register(aws, "secret", "web", "server")
    refused = TRACK | {"event": "x" * 200}
    assert door("/v1/track", refused) == 400
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("regulars.channels.tracking.messages.MAX_NAME_CHARACTERS", 300)
        assert replay("segment/web") == RECEIVED_TIME
    assert [trust_of(event) for event in tables.list_events()] == [Trust.BROWSER]


def test_call_of_a_read_key_is_received_into_the_source_the_owner_names(
    door: Door, replay: Replay, tables: StackTables
) -> None:
    assert door("/v1/identify", {"userId": "u1"}, "reader") == 403
    assert replay("segment") == {"refused again: unauthorized": 1}
    assert replay("segment", into="web") == RECEIVED_TIME
    (event,) = tables.list_events()
    assert (event.source, trust_of(event)) == ("segment/web", Trust.BROWSER)


def test_call_that_was_too_large_is_refused_again(door: Door, replay: Replay) -> None:
    assert door("/v1/batch", b" " * (500 * 1024 + 1)) == 413
    counts = replay("segment", into="web")
    assert counts == {"refused again: payload_too_large": 1}


def test_batch_beyond_its_bound_is_received_whole(
    door: Door, replay: Replay, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("regulars.ingestion.tracking.MAX_BATCH_MESSAGES", 1)
        door("/v1/batch", {"batch": [MESSAGE | {"messageId": str(n)} for n in range(4)]})
    assert tables.list_reject_codes() == ["batch_too_long"]
    assert replay("segment")["new events"] == 3


def test_one_is_received_by_its_id(door: Door, replay: Replay, tables: StackTables) -> None:
    for user in ("u1", "u2"):
        door("/v1/track", TRACK | {"userId": user}, "reader")
    id_prefix = tables.list_rejects()[0]["reject_id"][:12]
    assert replay("", id_prefix=id_prefix, into="web") == RECEIVED_TIME
    assert len(tables.list_events()) == 1


def test_replay_of_everything_is_refused_with_what_is_waiting(door: Door) -> None:
    door("/v1/track", TRACK, "reader")
    with pytest.raises(NoRejectsSelectedError) as refused:
        run_replay()
    assert refused.value.waiting == {"segment/": 1}


def test_refusal_names_the_reject_and_the_reason(door: Door, tables: StackTables) -> None:
    door("/v1/track", TRACK, "reader")
    (refusal,) = run_replay("segment").refusals
    assert refusal.reject_id == tables.list_rejects()[0]["reject_id"]
    assert refusal.reason.startswith("Its key sends no events")


@pytest.mark.parametrize(
    "chosen",
    [
        {"source": "shopify/mainly"},
        {"source": "shopify", "code": "unknown_topic"},
        {"source": "shopify", "since": "2999-01-01"},
    ],
)
def test_other_sources_codes_and_days_are_left_alone(
    aws: MotoStack, chosen: dict[str, str]
) -> None:
    keep(aws, "not_found", "shopify/main", b"{}", StoredDelivery(verified=True))
    assert run_replay(**chosen).counts == {}


@pytest.mark.parametrize("damage", [b'{"type": "track"', b"\xff", b"[" * 9_000])
def test_one_that_cannot_be_received_stops_no_other(
    aws: MotoStack, replay: Replay, damage: bytes
) -> None:
    keep(aws, "invalid_json", "segment/web", damage, StoredDelivery(url="/v1/track"))
    keep(aws, "unknown_type", "segment/web", json.dumps(MESSAGE).encode())
    counts = replay("segment/web")
    assert (counts["received"], len(counts)) == (1, 4)


def test_fault_of_one_is_counted_and_stops_no_other(
    aws: MotoStack, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(aws, "unknown_topic", "shopify/main", b"{}", StoredDelivery(verified=True))
    keep(aws, "unknown_type", "segment/web", json.dumps(MESSAGE).encode())
    monkeypatch.setattr("regulars.store.sources.Sources.find_source", lambda *_: 1 / 0)
    assert replay("shopify") == {"failed: ZeroDivisionError": 1}
    assert replay("segment") == RECEIVED_TIME


@pytest.mark.parametrize(
    ("raw", "delivery"),
    [
        (bytes(range(256)) * 2_000, StoredDelivery(url="/v1/batch")),
        (b"{}", StoredDelivery(url="/v1/batch", shared=BatchFields(context=None))),
    ],
)
def test_what_was_not_kept_whole_is_not_received_as_if_it_were(
    aws: MotoStack,
    replay: Replay,
    raw: bytes,
    delivery: StoredDelivery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("regulars.store.rejects.MAX_RAW_BYTES", 1_500)
    keep(aws, "payload_too_large", "segment/web", raw, delivery)
    assert replay("segment") == {"too large to have been kept whole": 1}


def test_event_that_could_not_be_folded_is_folded_after_a_fix(
    aws: MotoStack, replay: Replay
) -> None:
    keep(aws, "unfoldable_event", "segment/web", encode_event(build_event("page", "u:ann")))
    assert replay("segment", code="unfoldable_event")["received"] == 1
    assert Profiles("test-profiles", aws.dynamodb).read_subjects(["u:ann"]).profiles


def test_record_that_was_unreadable_reaches_profile_and_lake(
    aws: MotoStack, replay: Replay
) -> None:
    raw = json.dumps(build_insert_record(build_event("page", "u:ann"))).encode()
    keep(aws, "unreadable_record", "events stream", raw)
    assert replay("events stream")["received"] == 1
    assert Profiles("test-profiles", aws.dynamodb).read_subjects(["u:ann"]).profiles
    assert aws.s3.list_objects_v2(Bucket="test-lake")["KeyCount"] == 1


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        ("unreadable_record", b'{"eventName": "INSERT"}'),
        ("unfoldable_event", encode_event(build_event("poison", ""))),
        ("unfoldable_event", b"u:ann a:1"),
    ],
)
def test_poison_stays_refused_and_waits(
    aws: MotoStack, replay: Replay, tables: StackTables, code: str, raw: bytes
) -> None:
    keep(aws, code, "events stream", raw)
    counts = replay("events stream")
    assert [outcome.partition(":")[0] for outcome in counts] == ["refused again"]
    assert tables.list_rejects()[0]["replayed_at"] == ""
