"""A call of the tracking API is decompressed, repaired, and split into messages with its keys."""

import gzip
import json

import pytest

from regulars.domain.errors import InvalidRequestError, PayloadTooLargeError
from regulars.ingestion.tracking_calls import BATCH_KIND, MAX_BODY_BYTES, parse_call

MESSAGE = {"type": "track", "event": "Signed Up", "userId": "u1"}
BATCH = {"batch": [MESSAGE, MESSAGE], "sentAt": "2026-11-01T10:00:00Z", "context": {"ip": ""}}


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_batch_is_split_into_messages_with_shared_fields(compress: type[bytes]) -> None:
    call = parse_call(BATCH_KIND, compress(json.dumps(BATCH).encode()))
    assert [json.loads(bytes(message)) for message in call.messages] == [MESSAGE, MESSAGE]
    assert (call.shared.sent_at, call.shared.context) == (BATCH["sentAt"], BATCH["context"])


def test_single_call_is_its_own_message() -> None:
    body = json.dumps(MESSAGE).encode()
    assert [bytes(message) for message in parse_call("track", body).messages] == [body]


def test_keys_are_unique_in_the_order_of_sdks() -> None:
    body = json.dumps({"batch": [], "writeKey": "in-body"}).encode()
    assert parse_call(BATCH_KIND, body, "header", "url").keys == ("header", "in-body", "url")
    assert parse_call(BATCH_KIND, body, "in-body", "").keys == ("in-body",)


def test_body_is_repaired_when_an_emoji_is_cut() -> None:
    call = parse_call("track", b'{"userId": "half \\ud83d"}')
    assert json.loads(call.body) == {"userId": "half ?"}


def test_body_is_too_large_after_decompression() -> None:
    with pytest.raises(PayloadTooLargeError):
        parse_call(BATCH_KIND, gzip.compress(b" " * (MAX_BODY_BYTES + 1)))


def test_batch_without_a_list_has_a_code() -> None:
    with pytest.raises(InvalidRequestError) as raised:
        parse_call(BATCH_KIND, b"{}")
    assert raised.value.code == "missing_batch"
