"""The tracking door: what SDKs send is stored before they hear of success, and nothing sent is lost."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from regulars.settings import TrackEventsSettings
from regulars.store.api_keys import ApiKeys
from tests.functions.conftest import Kept
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, loaded

KEY = "wk_test"
BASIC = {"Authorization": "Basic " + b64encode(f"{KEY}:".encode()).decode()}
AT = "2026-11-01T10:00:00.000Z"
TRACK: dict[str, Any] = {"type": "track", "event": "Signed Up", "userId": "u1", "timestamp": AT}

type Door = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def door(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Posts to the handler; returns status and body."""
    keys = ApiKeys("test-control", aws.dynamodb)
    keys.register_key(KEY, "write", "the shop", "web", AT)
    keys.register_key("rk_read", "read", "the theme", "", AT)
    module = loaded("track_events", aws.build_settings(TrackEventsSettings), monkeypatch)

    def post(path: str, body: Any = b"", headers: Any = BASIC, **rest: Any) -> Any:
        answer = module.handler(http_event(path, body, headers, **rest), None)
        return answer["statusCode"], json.loads(answer.get("body", "{}"))

    return post


def batch(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"batch": list(messages), "sentAt": AT}


def test_batch_is_stored_before_success_is_told(door: Door, kept: Kept) -> None:
    assert door("/v1/batch", batch(TRACK, TRACK | {"userId": "u2"})) == (200, {"success": True})
    assert len(kept.events()) == 2


@pytest.mark.parametrize(
    ("path", "body", "type_"),
    [
        ("/v1/track", {"event": "Signed Up", "userId": "u1"}, "Signed Up"),
        ("/v1/t", {"event": "Completed Order", "anonymousId": "a1"}, "Order Completed"),
        ("/v1/identify", {"userId": "u1", "traits": {}}, "Identified"),
        ("/v1/page", {"anonymousId": "a1", "name": "Home"}, "Page Viewed"),
        ("/v1/screen", {"userId": 7, "name": "Home"}, "Screen Viewed"),
        ("/v1/group", {"userId": "u1", "groupId": "g"}, "Grouped"),
        ("/v1/alias", {"userId": "u1", "previousId": "a1"}, "Aliased"),
    ],
)
def test_single_endpoint_tells_the_type(
    door: Door, kept: Kept, path: str, body: dict[str, Any], type_: str
) -> None:
    assert door(path, body)[0] == 200
    assert [event.type for event in kept.events()] == [type_]


@pytest.mark.parametrize("repeated", [{"messageId": "m1"}, {}])
def test_same_message_is_one_event_when_it_comes_again(
    door: Door, kept: Kept, repeated: dict[str, str]
) -> None:
    for _ in range(2):
        assert door("/v1/batch", batch(TRACK | repeated))[0] == 200
    assert len(kept.events()) == 1


@pytest.mark.parametrize(
    ("headers", "extra", "query"),
    [
        (BASIC, {}, ""),
        ({"Authorization": "Basic " + b64encode(KEY.encode()).decode()}, {}, ""),
        ({"Authorization": f"Bearer {KEY}"}, {}, ""),
        ({"Content-Type": "text/plain"}, {"writeKey": KEY}, ""),
        ({"Content-Type": "text/plain"}, {}, f"writeKey={KEY}"),
        (BASIC, {"writeKey": "another"}, ""),
        ({"Authorization": "Bearer a.token.of-segment"}, {"writeKey": KEY}, ""),
        ({"Authorization": "Basic Og=="}, {"writeKey": KEY}, "writeKey=another"),
    ],
)
def test_write_key_is_found_wherever_sdks_put_it(
    door: Door, kept: Kept, headers: Any, extra: dict[str, str], query: str
) -> None:
    assert door("/v1/batch", batch(TRACK) | extra, headers, query=query)[0] == 200
    assert [event.source for event in kept.events()] == ["segment/web"]


@pytest.mark.parametrize("bad", [[], [None], [{"type": "track", "writeKey": 7}]])
def test_write_key_is_found_in_the_messages(door: Door, kept: Kept, bad: list[Any]) -> None:
    assert door("/v1/b", batch(*bad, TRACK | {"writeKey": KEY}), {})[0] == 200
    assert (len(kept.events()), len(kept.rejects())) == (1, len(bad))


def test_beacon_of_rudder_is_a_batch(door: Door, kept: Kept) -> None:
    body, text = json.dumps(batch(TRACK)).encode(), {"Content-Type": "text/plain"}
    assert door("/beacon/v1/batch", body, text, query=f"writeKey={KEY}") == (200, {"success": True})
    assert len(kept.events()) == 1


def test_metrics_of_an_sdk_are_taken_and_forgotten(door: Door, kept: Kept) -> None:
    body = b'{"series":[{"type":"Counter","metric":"analytics_js.invoke","value":1,"tags":{}}]}'
    assert door("/v1/m", body, {"Content-Type": "text/plain"}) == (200, {"success": True})
    assert (kept.events(), kept.rejects()) == ([], [])


@pytest.mark.parametrize("key", [KEY, "mistyped"])
def test_browser_sdk_is_told_to_send_here_whatever_its_key(door: Door, key: str) -> None:
    headers = {"Host": "api.example.com", "X-Forwarded-Proto": "https"}
    status, told = door(f"/v1/projects/{key}/settings", b"", headers, method="GET")
    integration = told["integrations"]["Segment.io"]
    assert (status, integration["apiKey"], told["metrics"]) == (200, key, {"sampleRate": 0})
    assert (integration["protocol"], integration["apiHost"]) == ("https", "api.example.com/v1")


def test_missing_key_is_401_and_the_call_is_kept(door: Door, kept: Kept) -> None:
    status, body = door("/v1/batch", batch(TRACK), {})
    assert (status, body["code"], body["success"]) == (401, "unauthorized", False)
    assert json.loads(kept.rejects()[0]["raw"])["batch"] == [TRACK]


def test_unknown_write_key_is_success_and_every_message_is_kept(door: Door, kept: Kept) -> None:
    messages = [TRACK, TRACK | {"userId": "u2"}]
    assert door("/v1/batch", batch(*messages), {"Authorization": "Bearer who"})[0] == 200
    assert kept.codes() == ["unknown_write_key"] * 2
    assert kept.events() == []


def test_key_without_write_scope_is_403(door: Door, kept: Kept) -> None:
    status, body = door("/v1/batch", batch(TRACK), {"Authorization": "Bearer rk_read"})
    assert (status, body["code"]) == (403, "forbidden")
    assert kept.codes() == ["forbidden"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"batch": [', "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b"[" * 50_000, "invalid_request"),
        (b'{"batch": "no list"}', "invalid_request"),
        (b'{"batch": [], "sentAt": 7}', "invalid_request"),
        (b"[]", "invalid_request"),
        (b"{}", "missing_batch"),
        (b"\x1f\xef\xbf\xbd\x08\x00", "gzip_mangled"),
        (b"\x1f\x8b\x08\x00nothing", "invalid_gzip"),
        (b'{"batch": [' + b"9" * 5_000 + b', "\\ud83d"]}', "invalid_json"),
    ],
)
def test_unreadable_call_is_400_and_kept_as_it_came(
    door: Door, kept: Kept, body: bytes, code: str
) -> None:
    status, answer = door("/v1/batch", body)
    assert (status, answer["code"]) == (400, code)
    assert answer["message"]
    assert [(reject["code"], reject["raw"]) for reject in kept.rejects()] == [(code, body)]


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress])
def test_batch_of_501_kb_is_413_and_kept(
    door: Door, kept: Kept, squeeze: Callable[[bytes], bytes]
) -> None:
    body = squeeze(json.dumps(batch(*[TRACK] * 7_000)).encode()[: 501 * 1024])
    status, answer = door("/v1/batch", body)
    assert (status, answer["code"]) == (413, "payload_too_large")
    assert kept.rejects()[0]["raw"] == body


def test_batch_that_an_sdk_fills_to_the_brim_is_taken(door: Door, kept: Kept) -> None:
    long = TRACK | {"properties": {"query": "x" * 31_600}}
    assert door("/v1/batch", batch(*(long | {"messageId": str(n)} for n in range(16))))[0] == 200
    assert (len(kept.events()), kept.codes()) == (16, [])


def test_gzip_bomb_is_413(door: Door) -> None:
    assert door("/v1/batch", gzip.compress(b" " * 50_000_000))[0] == 413


def test_batch_of_2501_keeps_the_last_as_a_reject(door: Door, kept: Kept) -> None:
    messages = [{"type": "page", "userId": "u", "messageId": str(n)} for n in range(2_501)]
    assert door("/v1/batch", batch(*messages))[0] == 200
    assert kept.codes() == ["batch_too_long"]
    assert json.loads(kept.rejects()[0]["raw"]) == batch(*messages[2_500:])


def test_batch_of_a_stranger_costs_no_more_writes_than_a_batch_may_hold(
    door: Door, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.ingestion.tracking.MAX_BATCH_MESSAGES", 5)
    body = json.dumps({"batch": list(range(30))}).encode()
    assert door("/v1/batch", body, {"Authorization": "Bearer who"})[0] == 200
    assert kept.codes() == ["batch_too_long"] + ["unknown_write_key"] * 5


def test_message_of_33_kb_is_a_reject_beside_the_stored_ones(door: Door, kept: Kept) -> None:
    large = TRACK | {"properties": {"much": "x" * 33_000}}
    assert door("/v1/batch", batch(TRACK, large))[0] == 200
    assert (len(kept.events()), kept.codes()) == (1, ["event_too_large"])


def test_message_of_33_kb_alone_is_413_and_kept(door: Door, kept: Kept) -> None:
    status, answer = door("/v1/track", TRACK | {"properties": {"much": "x" * 33_000}})
    assert (status, answer["code"]) == (413, "event_too_large")
    assert kept.codes() == ["event_too_large"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "purchase"}, "unknown_type"),
        ({"event": None}, "missing_event"),
        ({"event": "x" * 200}, "invalid_event_name"),
        ({"event": "Mail to ann@example.com"}, "invalid_event_name"),
        ({"userId": None}, "missing_identity"),
        ({"userId": "undefined"}, "missing_identity"),
        ({"userId": ["u1"]}, "invalid_event"),
        ({"properties": "none"}, "invalid_event"),
        ({"timestamp": "yesterday"}, "invalid_timestamp"),
        ({"timestamp": "0001-01-01T00:00:00Z"}, "invalid_timestamp"),
        ({"event": "Order Completed", "properties": {"currency": "ABC"}}, "unknown_currency"),
        (
            {"event": "Product Added", "properties": {"product_id": "p", "price": -1}},
            "negative_price",
        ),
        (
            {"event": "Product Added", "properties": {"product_id": "p", "quantity": "many"}},
            "invalid_quantity",
        ),
        (
            {"event": "Order Completed", "properties": {"order_id": "o", "total": "free"}},
            "invalid_amount",
        ),
        (
            {"event": "Order Completed", "properties": {"order_id": "o", "total": "1e999999999"}},
            "invalid_amount",
        ),
        (
            {"event": "Order Completed", "properties": {"order_id": "ann@example.com"}},
            "invalid_order_id",
        ),
        (
            {"event": "Order Completed", "properties": {"order_id": "o" * 129}},
            "invalid_order_id",
        ),
        (
            {"event": "Product Added", "properties": {"product_id": "p", "quantity": 1.5}},
            "invalid_quantity",
        ),
        (
            {
                "event": "Product Added",
                "properties": {"product_id": "p", "price": 10**9, "quantity": 10**6},
            },
            "amount_too_large",
        ),
    ],
)
def test_bad_message_never_fails_its_batch(
    door: Door, kept: Kept, change: dict[str, Any], code: str
) -> None:
    assert door("/v1/batch", batch(TRACK, TRACK | change)) == (200, {"success": True})
    assert (len(kept.events()), kept.codes()) == (1, [code])
    assert json.loads(kept.rejects()[0]["raw"]) == TRACK | change


@pytest.mark.parametrize("text", ['"half an \\ud83d"', "NaN"])
def test_text_cut_within_an_emoji_refuses_no_batch(door: Door, kept: Kept, text: str) -> None:
    body = json.dumps(batch(TRACK, TRACK | {"userId": "u2", "properties": {"a": "?"}}))
    assert door("/v1/batch", body.replace('"?"', text).encode())[0] == 200
    assert (len(kept.events()), kept.rejects()) == (2, [])


def test_null_fields_of_a_batch_are_left_out_ones(door: Door, kept: Kept) -> None:
    nothing = {"writeKey": None, "sentAt": None, "context": None}
    assert door("/v1/batch", batch(TRACK) | nothing)[0] == 200
    assert len(kept.events()) == 1


def test_key_that_is_no_ascii_is_a_missing_one(door: Door) -> None:
    status, answer = door("/v1/batch", batch(TRACK), {"Authorization": "Basic é"})
    assert (status, answer["code"]) == (401, "unauthorized")


def test_bad_message_alone_is_400_and_kept(door: Door, kept: Kept) -> None:
    status, answer = door("/v1/track", TRACK | {"timestamp": "yesterday"})
    assert (status, answer["code"]) == (400, "invalid_timestamp")
    assert kept.codes() == ["invalid_timestamp"]


def test_contact_data_goes_to_people_and_only_keys_to_the_ledger(door: Door, kept: Kept) -> None:
    traits = {"email": " Zebedee@Example.com", "firstName": "Zebedee", "phone": "020 7946 0018"}
    door("/v1/identify", {"userId": "u1", "traits": traits})
    contact = {"email": "zebedee@example.com", "phone": "+442079460018", "first_name": "Zebedee"}
    assert kept.contacts() == [contact]
    assert [key[0] for key in kept.events()[0].subjects] == ["u", "e", "p"]
    assert "zebedee" not in kept.ledger_text().lower()


def test_store_out_of_reach_is_500_and_asks_for_a_retry(
    door: Door, aws: MotoStack, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.dynamodb.delete_table(TableName="test-events")
    status, answer = door("/v1/batch", batch(TRACK))
    assert (status, answer["code"]) == (500, "internal")
    assert "u1" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/batch"), ("POST", "/v1/nothing"), ("POST", "/v1/projects/k/settings")],
)
def test_unknown_route_is_404_that_sdks_understand(door: Door, method: str, path: str) -> None:
    status, answer = door(path, batch(TRACK), method=method)
    assert (status, answer["code"], bool(answer["message"])) == (404, "not_found", True)


def test_preflight_allows_what_sdks_send(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> None:
    module = loaded("track_events", aws.build_settings(TrackEventsSettings), monkeypatch)
    answer = module.handler(http_event("/v1/batch", method="OPTIONS"), None)
    assert answer["statusCode"] == 204
    assert "authorization" in answer["headers"]["access-control-allow-headers"]
