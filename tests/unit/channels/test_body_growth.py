"""The translation of a hostile body takes work that grows with its size, never with the square of it."""

from collections.abc import Callable
from functools import partial

import pytest

from regulars.channels.contract import Request
from regulars.channels.registry import load_channel
from tests.support.deliveries import FORM_TYPE, NOW
from tests.support.work_counter import assert_linear_work

SIZE = 400
MULTIPART_TYPE = "multipart/form-data; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="'
# By name: the channel, the content type and the body of a size.
BODIES: dict[str, tuple[str, str, Callable[[int], bytes]]] = {
    "deep XML": ("wechat", "text/xml", lambda size: b"<a>" * size),
    "CDATA runs": ("wechat", "text/xml", lambda size: b"<![CDATA[" * size),
    "XML instructions": ("wechat", "text/xml", lambda size: b"<?xml " * size),
    "long head of a part": (
        "form",
        MULTIPART_TYPE,
        lambda size: HEAD + b";" * size + b"\r\n\r\n\r\n--b--",
    ),
    "parts in parts": (
        "form",
        MULTIPART_TYPE,
        lambda size: b"".join(
            b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (n, n + 1)
            for n in range(size)
        ),
    ),
    "unclosed parts": ("form", MULTIPART_TYPE, lambda size: b"--b\r\n" * size),
    "fields": ("form", FORM_TYPE, lambda size: b"&".join(b"a%d=b" % n for n in range(size))),
    "deep JSON": ("mailjet", "application/json", lambda size: b"[" * size),
    "JSON keys": (
        "mailjet",
        "application/json",
        lambda size: b"{" + b",".join(b'"%d":1' % n for n in range(size)) + b"}",
    ),
}


def translate_body(name: str, size: int) -> None:
    channel, content_type, build_body = BODIES[name]
    request = Request(
        source="main",
        body=build_body(size),
        received_at=NOW,
        headers={"content-type": content_type},
    )
    load_channel(channel).translate(request)


@pytest.mark.parametrize("size", [SIZE, 10 * SIZE])
@pytest.mark.parametrize("name", BODIES)
def test_hostile_body_is_linear_work(name: str, size: int) -> None:
    assert_linear_work(partial(translate_body, name), size)


def test_head_over_its_limit_is_refused_without_parsing() -> None:
    # The parser of the standard library copies the rest of the head at every semicolon.
    translate_head = partial(translate_body, "long head of a part")
    assert_linear_work(translate_head, 10 * SIZE, max_growth=1)
