"""Builds malformed deliveries: values of other types, huge numbers, missing members and invalid text."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from hypothesis import strategies as st

from regulars.channels.contract import Request
from regulars.channels.registry import CHANNELS, load_channel
from tests.conformance import payloads
from tests.conformance.endpoints import channel_name
from tests.conformance.provider_files import PAYLOADS_FOLDER
from tests.support.deliveries import FORM_TYPE, NOW

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SOURCE_CONFIG = {"encoding_aes_key": AES_KEY, "app_id": "wx", "topic_arns": ["t"]}
NESTING_LEVELS = 100_000
# Bodies that no provider sends, of any size. Each of them goes to every channel.
BODY_BUILDERS: dict[str, Callable[[int], bytes]] = {
    "deep lists": lambda size: b"[" * size,
    "deep objects": lambda size: b'{"a":' * size,
    "deep and closed": lambda size: b"[" * size + b"]" * size,
    "deep XML": lambda size: b"<a>" * size,
    "many keys": lambda size: b"{" + b",".join(b'"%d":1' % n for n in range(size)) + b"}",
    "many fields": lambda size: b"&".join(b"a=%d" % n for n in range(size)),
    "parts without end": lambda size: b"--b\r\n" * size,
}
MALFORMED_BODIES: dict[str, bytes] = {
    name: build_body(NESTING_LEVELS) for name, build_body in BODY_BUILDERS.items()
} | {
    "nothing": b"",
    "no UTF-8": b'{"a":"\xff\xfe"}',
    "half an emoji": b'{"type":"\\ud83d","event":"\\ud83d","id":"\\udc00"}',
    "not finite": b'{"id":NaN,"created":Infinity,"timestamp":-Infinity}',
    "a huge number": b'{"id":1'
    + b"0" * 5000
    + b',"created":1e99999,"timestamp":1'
    + b"0" * 400
    + b"}",
    "duplicate keys": b'{"type":1,"type":"order","event":{},"event":[],"id":null,"id":{}}',
    "external entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "nested entities": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "a list": b"[[],{},null,1,true]",
    "a text": b'"text"',
    "null": b"null",
}
SCALAR_VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(st.characters(), max_size=12)
    | st.sampled_from(
        ["", "9" * 400, "1e999999", "-1", "NaN", "2026-13-45", "0000-00-00T00:00:00Z"]
    )
    | st.sampled_from(
        ["\ud800", "\x00", "' OR 1=1", "EUR", "paid", "https://a.example/%ff?\ud800=1"]
    )
)
JSON_VALUES = st.recursive(
    SCALAR_VALUES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
# A path into a body: each step selects a member or an entry by its position, modulo their number.
PATH_STEPS = st.lists(st.integers(0, 40), min_size=1, max_size=7)
ABSENT_VALUE = object()  # removes a part instead of replacing it


@cache
def collect_deliveries(channel: str) -> tuple[Request, ...]:
    """Return the sample delivery of a channel, and its captured payloads if the providers' files are present."""
    build_sample = load_channel(channel).build_sample
    blank = Request(
        source="main",
        body=b"",
        received_at=NOW,
        config=SOURCE_CONFIG,
        default_currency="EUR",
        default_country="GB",
    )
    sample = build_sample(blank, "whsec_c2VjcmV0") if build_sample else None
    deliveries = [sample] if sample else []
    deliveries += [
        _delivery_from_payload(blank, payload)
        for payload in _read_payloads()
        if channel_name(payload["provider"]) == channel
    ]
    return tuple(deliveries) or (msgspec.structs.replace(blank, body=b"{}"),)


def channel_names() -> list[str]:
    """Return the names of all channels, sorted."""
    return sorted(CHANNELS)


def replace_part(delivery: Request, value: Any, steps: list[int]) -> Request:
    """Replace the part of the body at the end of these steps. `ABSENT_VALUE` removes it."""
    return msgspec.structs.replace(delivery, body=_replace_in_body(delivery, value, steps))


def iterate_replacements(delivery: Request, values: Iterator[Any]) -> Iterator[bytes]:
    """Yield one body for each value of the JSON, with that value replaced by the next of `values`.

    In a form, the values are those of the JSON in its fields.
    """
    document = _parse_json(delivery.body)
    if document is not None:
        for path in _iterate_paths(document):
            yield json.dumps(_replace_at(document, path, next(values))).encode()
    elif delivery.headers.get("content-type", "").startswith(FORM_TYPE):
        pairs = parse_qsl(delivery.body.decode(), keep_blank_values=True)
        for index, (name, text) in enumerate(pairs):
            document = _parse_json(text)
            for path in _iterate_paths(document):
                pair = (name, json.dumps(_replace_at(document, path, next(values))))
                yield urlencode([*pairs[:index], pair, *pairs[index + 1 :]]).encode()


def _iterate_paths(document: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    if isinstance(document, dict | list):
        entries = document.items() if isinstance(document, dict) else enumerate(document)
        yield from ((step, *path) for step, value in entries for path in _iterate_paths(value))


def _replace_at(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a document with another value at the end of a path."""
    if not path:
        return value
    inner = _replace_at(document[path[0]], path[1:], value)
    if isinstance(document, dict):
        return document | {path[0]: inner}
    return [inner if index == path[0] else entry for index, entry in enumerate(document)]


@cache
def _read_payloads() -> list[payloads.Payload]:
    return payloads.read_payloads(PAYLOADS_FOLDER) if PAYLOADS_FOLDER.exists() else []


def _delivery_from_payload(blank: Request, payload: payloads.Payload) -> Request:
    headers = {"content-type": payload["content_type"]} | payload["headers"]
    lowercase_headers = {name.lower(): value for name, value in headers.items()}
    body = payload["path"].read_bytes()
    return msgspec.structs.replace(blank, body=body, headers=lowercase_headers)


def _replace_in_body(delivery: Request, value: Any, steps: list[int]) -> bytes:
    body = delivery.body
    document = _parse_json(body)
    if document is not None:
        return json.dumps(_replace_by_steps(document, value, steps)).encode()
    if delivery.headers.get("content-type", "").startswith(FORM_TYPE):
        return _replace_in_form(body, value, steps)
    offset = sum(steps) * 7 % (len(body) + 1)
    text = "" if value is ABSENT_VALUE else str(value)
    return body[:offset] + text.encode("utf-8", "replace") + body[offset + len(steps) :]


def _replace_in_form(body: bytes, value: Any, steps: list[int]) -> bytes:
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    index = steps[0] % len(pairs)
    name, text = pairs[index]
    document = _parse_json(text)
    if document is not None and len(steps) > 1:
        value = json.dumps(_replace_by_steps(document, value, steps[1:]))
    pairs[index : index + 1] = [] if value is ABSENT_VALUE else [(name, str(value))]
    return urlencode(pairs, errors="replace").encode()


def _parse_json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _replace_by_steps(document: Any, value: Any, steps: list[int]) -> Any:
    """Return a document with another value at the end of the steps, or without the member there."""
    if not steps or not isinstance(document, dict | list) or not document:
        return None if value is ABSENT_VALUE else value
    index = steps[0] % len(document)
    if isinstance(document, list):
        return [
            _replace_by_steps(entry, value, steps[1:]) if position == index else entry
            for position, entry in enumerate(document)
        ]
    key = list(document)[index]
    if value is ABSENT_VALUE and len(steps) == 1:
        return {name: member for name, member in document.items() if name != key}
    return document | {key: _replace_by_steps(document[key], value, steps[1:])}
