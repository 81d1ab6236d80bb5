"""Deliveries that are no longer what their provider sent: other types, huge numbers, missing members, broken text."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from hypothesis import strategies as st

from regulars.channels.contract import Request
from regulars.channels.registry import CHANNELS, load_channel
from tests.conformance import fixtures
from tests.conformance.doors import CHANNEL_OF
from tests.conformance.webhooks import FIXTURES
from tests.support.deliveries import FORM, NOW

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CONFIG = {"encoding_aes_key": KEY, "app_id": "wx", "topic_arns": ["t"]}
DEEP = 100_000
# Bodies that are none at all; each goes to every channel.
BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "deep and closed": b"[" * DEEP + b"]" * DEEP,
    "deep XML": b"<a>" * DEEP,
    "no UTF-8": b'{"a":"\xff\xfe"}',
    "half an emoji": b'{"type":"\\ud83d","event":"\\ud83d","id":"\\udc00"}',
    "not finite": b'{"id":NaN,"created":Infinity,"timestamp":-Infinity}',
    "a huge number": b'{"id":1'
    + b"0" * 5000
    + b',"created":1e99999,"timestamp":1'
    + b"0" * 400
    + b"}",
    "keys twice": b'{"type":1,"type":"order","event":{},"event":[],"id":null,"id":{}}',
    "many keys": b"{" + b",".join(b'"%d":1' % n for n in range(50_000)) + b"}",
    "many fields": b"&".join(b"a=%d" % n for n in range(50_000)),
    "a file of its own": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "entities without end": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "a list": b"[[],{},null,1,true]",
    "a text": b'"text"',
    "null": b"null",
    "parts without end": b"--b\r\n" * 20_000,
}
SCALARS = (
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
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
PLACES = st.lists(st.integers(0, 40), min_size=1, max_size=7)
GONE = object()


@cache
def seeds(channel: str) -> tuple[Request, ...]:
    """What a channel's own sample looks like, and what its provider sends where the fixtures are here."""
    build_sample = load_channel(channel).build_sample
    blank = Request("main", b"", NOW, config=CONFIG, default_currency="EUR", default_country="GB")
    sample = build_sample(blank, "whsec_c2VjcmV0") if build_sample else None
    found = [sample] if sample else []
    found += [_read(blank, one) for one in _fixtures() if _channel(one) == channel]
    return tuple(found) or (msgspec.structs.replace(blank, body=b"{}"),)


def names() -> list[str]:
    """Every channel."""
    return sorted(CHANNELS)


def damaged(seed: Request, damage: Any, places: list[int]) -> Request:
    """The delivery with something else in one place, or without it."""
    return msgspec.structs.replace(seed, body=_damaged(seed, damage, places))


def one_by_one(seed: Request, others: Iterator[Any]) -> Iterator[bytes]:
    """The JSON of a delivery, of a form's fields too, with each value in turn replaced by the next of the others."""
    told = _json(seed.body)
    if told is not None:
        yield from (json.dumps(_put(told, path, next(others))).encode() for path in _paths(told))
    elif seed.headers.get("content-type", "").startswith(FORM):
        pairs = parse_qsl(seed.body.decode(), keep_blank_values=True)
        for index, (name, value) in enumerate(pairs):
            inner = _json(value)
            for path in _paths(inner):
                said = (name, json.dumps(_put(inner, path, next(others))))
                yield urlencode([*pairs[:index], said, *pairs[index + 1 :]]).encode()


def _paths(told: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    if isinstance(told, dict | list):
        inner = told.items() if isinstance(told, dict) else enumerate(told)
        yield from ((step, *path) for step, value in inner for path in _paths(value))


def _put(told: Any, path: tuple[Any, ...], said: Any) -> Any:
    """What is told, with something else at the end of a path."""
    if not path:
        return said
    inner = _put(told[path[0]], path[1:], said)
    if isinstance(told, dict):
        return told | {path[0]: inner}
    return [inner if index == path[0] else one for index, one in enumerate(told)]


@cache
def _fixtures() -> list[fixtures.Fixture]:
    return fixtures.read(FIXTURES) if FIXTURES.exists() else []


def _channel(fixture: fixtures.Fixture) -> str:
    provider: str = fixture["provider"]
    return CHANNEL_OF.get(provider, provider)


def _read(blank: Request, fixture: fixtures.Fixture) -> Request:
    headers = {"content-type": fixture["content_type"]} | fixture["headers"]
    lowered = {name.lower(): said for name, said in headers.items()}
    return msgspec.structs.replace(blank, body=fixture["path"].read_bytes(), headers=lowered)


def _damaged(seed: Request, damage: Any, places: list[int]) -> bytes:
    told = _json(seed.body)
    if told is not None:
        return json.dumps(_spoilt(told, damage, places)).encode()
    if seed.headers.get("content-type", "").startswith(FORM):
        return _form(seed.body, damage, places)
    at = sum(places) * 7 % (len(seed.body) + 1)
    text = "" if damage is GONE else str(damage)
    return seed.body[:at] + text.encode("utf-8", "replace") + seed.body[at + len(places) :]


def _form(body: bytes, damage: Any, places: list[int]) -> bytes:
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    index = places[0] % len(pairs)
    name, value = pairs[index]
    told = _json(value)
    said = (
        damage
        if told is None or len(places) == 1
        else json.dumps(_spoilt(told, damage, places[1:]))
    )
    pairs[index : index + 1] = [] if said is GONE else [(name, str(said))]
    return urlencode(pairs, errors="replace").encode()


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _spoilt(told: Any, damage: Any, places: list[int]) -> Any:
    """What is told, with something else found by going down a step for each number."""
    if not places or not isinstance(told, dict | list) or not told:
        return None if damage is GONE else damage
    index = places[0] % len(told)
    if isinstance(told, list):
        return [
            _spoilt(one, damage, places[1:]) if at == index else one for at, one in enumerate(told)
        ]
    key = list(told)[index]
    if damage is GONE and len(places) == 1:
        return {name: value for name, value in told.items() if name != key}
    return told | {key: _spoilt(told[key], damage, places[1:])}
