"""Calls of the tracking API are stored before their response, and nothing that an SDK sends is lost."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from regulars.settings import TrackEventsSettings
from regulars.store.api_keys import ApiKeys
from tests.functions.conftest import StackTables
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler

KEY = "wk_test"
BASIC_MESSAGE = {"Authorization": "Basic " + b64encode(f"{KEY}:".encode()).decode()}
EVENT_TIME = "2026-11-01T10:00:00.000Z"
TRACK: dict[str, Any] = {
    "type": "track",
    "event": "Signed Up",
    "userId": "u1",
    "timestamp": EVENT_TIME,
}

type PostCall = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def post_call(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> PostCall:
    """Post to the handler; return the status and the body."""
    keys = ApiKeys("test-control", aws.dynamodb)
    keys.register_key(KEY, "browser", "the shop", "web", EVENT_TIME)
    keys.register_key("rk_server", "server", "the back end", "back", EVENT_TIME)
    keys.register_key("rk_read", "read", "the theme", "", EVENT_TIME)
    module = load_handler("track_events", aws.build_settings(TrackEventsSettings), monkeypatch)

    def post(path: str, body: Any = b"", headers: Any = BASIC_MESSAGE, **rest: Any) -> Any:
        response = module.handler(http_event(path, body, headers, **rest), None)
        return response["statusCode"], json.loads(response.get("body", "{}"))

    return post


def build_batch(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"batch": list(messages), "sentAt": EVENT_TIME}


def test_batch_is_stored_before_success_is_returned(
    post_call: PostCall, tables: StackTables
) -> None:
    assert post_call("/v1/batch", build_batch(TRACK, TRACK | {"userId": "u2"})) == (
        200,
        {"success": True},
    )
    assert len(tables.list_events()) == 2


def test_contact_data_of_a_batch_is_stored(post_call: PostCall, aws: MotoStack) -> None:
    messages = [
        {"type": "identify", "userId": name, "traits": {"email": f"{name}@example.com"}}
        for name in ("ann", "bob")
    ]
    assert post_call("/v1/batch", build_batch(*messages))[0] == 200
    items = aws.dynamodb.scan(TableName="test-contacts")["Items"]
    assert {json.loads(item["contact"]["S"])["email"] for item in items} == {
        "ann@example.com",
        "bob@example.com",
    }


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
def test_endpoint_sets_the_message_type(
    post_call: PostCall, tables: StackTables, path: str, body: dict[str, Any], type_: str
) -> None:
    assert post_call(path, body)[0] == 200
    assert [event.type for event in tables.list_events()] == [type_]


@pytest.mark.parametrize("repeated", [{"messageId": "m1"}, {}])
def test_message_is_one_event_when_sent_twice(
    post_call: PostCall, tables: StackTables, repeated: dict[str, str]
) -> None:
    for _ in range(2):
        assert post_call("/v1/batch", build_batch(TRACK | repeated))[0] == 200
    assert len(tables.list_events()) == 1


@pytest.mark.parametrize(
    ("headers", "extra", "query"),
    [
        (BASIC_MESSAGE, {}, ""),
        ({"Authorization": "Basic " + b64encode(KEY.encode()).decode()}, {}, ""),
        ({"Authorization": f"Bearer {KEY}"}, {}, ""),
        ({"Content-Type": "text/plain"}, {"writeKey": KEY}, ""),
        ({"Content-Type": "text/plain"}, {}, f"writeKey={KEY}"),
        (BASIC_MESSAGE, {"writeKey": "another"}, ""),
        ({"Authorization": "Bearer a.token.of-segment"}, {"writeKey": KEY}, ""),
        ({"Authorization": "Basic Og=="}, {"writeKey": KEY}, "writeKey=another"),
    ],
)
def test_write_key_is_found_in_header_body_or_url(
    post_call: PostCall, tables: StackTables, headers: Any, extra: dict[str, str], query: str
) -> None:
    assert post_call("/v1/batch", build_batch(TRACK) | extra, headers, query=query)[0] == 200
    assert [event.source for event in tables.list_events()] == ["segment/web"]


@pytest.mark.parametrize("invalid", [[], [None], [{"type": "track", "writeKey": 7}]])
def test_write_key_is_found_in_a_message(
    post_call: PostCall, tables: StackTables, invalid: list[Any]
) -> None:
    assert post_call("/v1/b", build_batch(*invalid, TRACK | {"writeKey": KEY}), {})[0] == 200
    assert (len(tables.list_events()), len(tables.list_rejects())) == (1, len(invalid))


def test_rudder_beacon_is_received_as_a_batch(post_call: PostCall, tables: StackTables) -> None:
    body, headers = json.dumps(build_batch(TRACK)).encode(), {"Content-Type": "text/plain"}
    status, _ = post_call("/beacon/v1/batch", body, headers, query=f"writeKey={KEY}")
    assert status == 200
    assert len(tables.list_events()) == 1


def test_sdk_metrics_are_acknowledged_and_not_stored(
    post_call: PostCall, tables: StackTables
) -> None:
    body = b'{"series":[{"type":"Counter","metric":"analytics_js.invoke","value":1,"tags":{}}]}'
    assert post_call("/v1/m", body, {"Content-Type": "text/plain"}) == (200, {"success": True})
    assert (tables.list_events(), tables.list_rejects()) == ([], [])


@pytest.mark.parametrize("key", [KEY, "mistyped"])
def test_sdk_settings_name_this_host_for_any_key(post_call: PostCall, key: str) -> None:
    headers = {"Host": "api.example.com", "X-Forwarded-Proto": "https"}
    status, settings = post_call(f"/v1/projects/{key}/settings", b"", headers, method="GET")
    integration = settings["integrations"]["Segment.io"]
    assert (status, integration["apiKey"], settings["metrics"]) == (200, key, {"sampleRate": 0})
    assert (integration["protocol"], integration["apiHost"]) == ("https", "api.example.com/v1")


def test_call_is_401_and_counted_when_key_is_missing(
    post_call: PostCall, tables: StackTables
) -> None:
    status, body = post_call("/v1/batch", build_batch(TRACK), {})
    assert (status, body["code"], body["success"]) == (401, "unauthorized", False)
    assert (tables.list_rejects(), tables.count_calls()) == ([], {"without_key": 1})


def test_call_is_counted_with_200_when_key_is_unknown(
    post_call: PostCall, tables: StackTables
) -> None:
    messages = [TRACK, TRACK | {"userId": "u2"}]
    assert post_call("/v1/batch", build_batch(*messages), {"Authorization": "Bearer who"})[0] == 200
    assert (tables.list_rejects(), tables.count_calls()) == ([], {"unknown_key": 1})
    assert tables.list_events() == []


@pytest.mark.parametrize(
    "body", [b'{"batch": [', b" " * (500 * 1024 + 1), b"\x1f\x8b\x08\x00nothing"]
)
@pytest.mark.parametrize(
    ("headers", "kind"), [({}, "without_key"), ({"Authorization": "Bearer who"}, "unknown_key")]
)
def test_unreadable_call_of_a_stranger_is_counted(
    post_call: PostCall, tables: StackTables, body: bytes, headers: dict[str, str], kind: str
) -> None:
    assert post_call("/v1/batch", body, headers)[0] in {400, 413}
    assert (tables.list_rejects(), tables.count_calls()) == ([], {kind: 1})


def test_key_is_forbidden_without_write_scope(post_call: PostCall, tables: StackTables) -> None:
    status, body = post_call("/v1/batch", build_batch(TRACK), {"Authorization": "Bearer rk_read"})
    assert (status, body["code"]) == (403, "forbidden")
    assert tables.list_reject_codes() == ["forbidden"]


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
def test_unreadable_call_is_400_and_stored_unchanged(
    post_call: PostCall, tables: StackTables, body: bytes, code: str
) -> None:
    status, response = post_call("/v1/batch", body)
    assert (status, response["code"]) == (400, code)
    assert response["message"]
    assert [(reject["code"], reject["raw"]) for reject in tables.list_rejects()] == [(code, body)]


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_batch_of_501_kb_is_413_and_stored(
    post_call: PostCall, tables: StackTables, compress: Callable[[bytes], bytes]
) -> None:
    body = compress(json.dumps(build_batch(*[TRACK] * 7_000)).encode()[: 501 * 1024])
    status, response = post_call("/v1/batch", body)
    assert (status, response["code"]) == (413, "payload_too_large")
    assert tables.list_rejects()[0]["raw"] == body


def test_batch_of_maximum_sdk_size_is_recorded(post_call: PostCall, tables: StackTables) -> None:
    message = TRACK | {"properties": {"query": "x" * 31_600}}
    batch = build_batch(*(message | {"messageId": str(number)} for number in range(16)))
    assert post_call("/v1/batch", batch)[0] == 200
    assert (len(tables.list_events()), tables.list_reject_codes()) == (16, [])


def test_gzip_bomb_is_payload_too_large(post_call: PostCall) -> None:
    assert post_call("/v1/batch", gzip.compress(b" " * 50_000_000))[0] == 413


def test_batch_of_2501_messages_rejects_the_last(post_call: PostCall, tables: StackTables) -> None:
    messages = [{"type": "page", "userId": "u", "messageId": str(n)} for n in range(2_501)]
    assert post_call("/v1/batch", build_batch(*messages))[0] == 200
    assert tables.list_reject_codes() == ["batch_too_long"]
    assert json.loads(tables.list_rejects()[0]["raw"]) == build_batch(*messages[2_500:])


def test_batch_of_invalid_messages_costs_a_limited_number_of_writes(
    post_call: PostCall, tables: StackTables
) -> None:
    invalid = [TRACK | {"event": "x" * 200, "messageId": str(number)} for number in range(90)]
    assert post_call("/v1/batch", {"batch": [*invalid, 7, 8]})[0] == 200
    rejects = tables.list_rejects()
    assert len(rejects) == 27
    batches = [json.loads(one["raw"]) for one in rejects if b"batch" in one["raw"]]
    refused = [message for batch in batches for message in batch["batch"]]
    assert len(refused) == 65 + 2


def test_message_of_33_kb_is_rejected_within_a_batch(
    post_call: PostCall, tables: StackTables
) -> None:
    large_message = TRACK | {"properties": {"much": "x" * 33_000}}
    assert post_call("/v1/batch", build_batch(TRACK, large_message))[0] == 200
    assert (len(tables.list_events()), tables.list_reject_codes()) == (1, ["event_too_large"])


def test_single_message_of_33_kb_is_413_and_stored(
    post_call: PostCall, tables: StackTables
) -> None:
    status, response = post_call("/v1/track", TRACK | {"properties": {"much": "x" * 33_000}})
    assert (status, response["code"]) == (413, "event_too_large")
    assert tables.list_reject_codes() == ["event_too_large"]


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
def test_invalid_message_is_rejected_and_the_batch_recorded(
    post_call: PostCall, tables: StackTables, change: dict[str, Any], code: str
) -> None:
    assert post_call("/v1/batch", build_batch(TRACK, TRACK | change)) == (200, {"success": True})
    assert (len(tables.list_events()), tables.list_reject_codes()) == (1, [code])
    assert json.loads(tables.list_rejects()[0]["raw"]) == TRACK | change


@pytest.mark.parametrize("text", ['"half an \\ud83d"', "NaN"])
def test_batch_is_recorded_when_json_is_repairable(
    post_call: PostCall, tables: StackTables, text: str
) -> None:
    body = json.dumps(build_batch(TRACK, TRACK | {"userId": "u2", "properties": {"a": "?"}}))
    assert post_call("/v1/batch", body.replace('"?"', text).encode())[0] == 200
    assert (len(tables.list_events()), tables.list_rejects()) == (2, [])


def test_null_fields_of_a_batch_are_ignored(post_call: PostCall, tables: StackTables) -> None:
    null_fields = {"writeKey": None, "sentAt": None, "context": None}
    assert post_call("/v1/batch", build_batch(TRACK) | null_fields)[0] == 200
    assert len(tables.list_events()) == 1


def test_key_is_missing_when_it_is_not_ascii(post_call: PostCall) -> None:
    status, response = post_call("/v1/batch", build_batch(TRACK), {"Authorization": "Basic é"})
    assert (status, response["code"]) == (401, "unauthorized")


def test_single_invalid_message_is_400_and_stored(post_call: PostCall, tables: StackTables) -> None:
    status, response = post_call("/v1/track", TRACK | {"timestamp": "yesterday"})
    assert (status, response["code"]) == (400, "invalid_timestamp")
    assert tables.list_reject_codes() == ["invalid_timestamp"]


def test_contact_data_is_stored_in_contacts_only(post_call: PostCall, tables: StackTables) -> None:
    traits = {"email": " Zebedee@Example.com", "firstName": "Zebedee", "phone": "020 7946 0018"}
    post_call("/v1/identify", {"userId": "u1", "traits": traits})
    contact = {"email": "zebedee@example.com", "phone": "+442079460018", "first_name": "Zebedee"}
    assert tables.list_contacts() == [contact]
    assert [key[0] for key in tables.list_events()[0].subjects] == ["u", "e", "p"]
    assert "zebedee" not in tables.read_ledger_text().lower()


def test_call_is_500_when_the_store_fails(
    post_call: PostCall, aws: MotoStack, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.dynamodb.delete_table(TableName="test-events")
    status, response = post_call("/v1/batch", build_batch(TRACK))
    assert (status, response["code"]) == (500, "internal")
    assert "u1" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/batch"), ("POST", "/v1/nothing"), ("POST", "/v1/projects/k/settings")],
)
def test_unknown_route_is_404_with_code_and_message(
    post_call: PostCall, method: str, path: str
) -> None:
    status, response = post_call(path, build_batch(TRACK), method=method)
    assert (status, response["code"], bool(response["message"])) == (404, "not_found", True)


def test_preflight_allows_sdk_headers(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> None:
    module = load_handler("track_events", aws.build_settings(TrackEventsSettings), monkeypatch)
    response = module.handler(http_event("/v1/batch", method="OPTIONS"), None)
    assert response["statusCode"] == 204
    assert "authorization" in response["headers"]["access-control-allow-headers"]


@pytest.mark.parametrize("key", ["", "who"])
@pytest.mark.parametrize(
    "body", [b"x" * 4_000_000, json.dumps({"batch": [TRACK] * 2_500}).encode()]
)
def test_flood_without_a_key_writes_one_unit_a_minute(
    post_call: PostCall, monkeypatch: pytest.MonkeyPatch, key: str, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    calls, call = [], BaseClient._make_api_call  # type: ignore[attr-defined]

    def record_call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        calls.append(operation)
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", record_call)
    for _ in range(20):
        post_call("/v1/batch", body, headers)
    assert 1 <= calls.count("UpdateItem") <= 2  # a minute may end within the test
    assert {*calls} <= {"UpdateItem", "GetItem"}


@pytest.mark.parametrize(("key", "status"), [(KEY, 200), ("rk_server", 503)])
def test_full_store_of_rejects_makes_a_server_try_again_and_no_browser_wait(
    post_call: PostCall, tables: StackTables, reject_limit: None, key: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    assert post_call("/v1/batch", {"batch": [TRACK, 7]}, headers)[0] == status
    assert len(tables.list_events()) == 1
    assert tables.count_calls() == ({"over_limit": 1} if status == 200 else {})
