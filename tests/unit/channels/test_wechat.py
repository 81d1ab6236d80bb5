"""WeChat and WeCom: what is sealed, for whom, and what XML may not be."""

import msgspec
import pytest

from regulars.channels.chat import wecom
from regulars.channels.chat.wechat import webhook as wechat
from regulars.channels.chat.wechat.envelope import (
    build_encrypted_request,
    compute_signature,
    parse_xml_fields,
)
from regulars.channels.contract import Request
from regulars.domain.errors import InvalidRequestError, SignatureError
from tests.support.deliveries import EVENT_EPOCH, NOW, identifier_values, translate_event

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OTHER_KEY = KEY[::-1]
CONFIG = {"encoding_aes_key": KEY, "app_id": "wx-of-ours"}
TOKEN = "token-of-ours"
TEXT = (
    "<xml><ToUserName>gh_1</ToUserName><FromUserName>open-1</FromUserName>"
    f"<CreateTime>{EVENT_EPOCH}</CreateTime><MsgType>text</MsgType>"
    "<Content><![CDATA[<!DOCTYPE html> hello]]></Content><MsgId>77</MsgId></xml>"
)


def envelope_delivery(text: str = TEXT, account: str = "wx-of-ours", key: str = KEY) -> Request:
    blank = Request(
        source="main", body=b"", received_at=NOW, config=CONFIG | {"encoding_aes_key": key}
    )
    made = build_encrypted_request(blank, TOKEN, text, account)
    return msgspec.structs.replace(made, config=CONFIG)


def delivery_in_clear(body: str, config: dict[str, str] | None = None) -> Request:
    query = {
        "timestamp": str(EVENT_EPOCH),
        "nonce": "1",
        "signature": compute_signature(TOKEN, str(EVENT_EPOCH), "1"),
    }
    return Request(
        source="main", body=body.encode(), received_at=NOW, query=query, config=config or {}
    )


def refusal(request: Request) -> str:
    with pytest.raises(SignatureError) as refused:
        wechat.verify_delivery(request, (TOKEN,), NOW)
    return str(refused.value.reason)


def test_sealed_message_is_received_without_its_text() -> None:
    wechat.verify_delivery(envelope_delivery(), (TOKEN,), NOW)
    event = translate_event("wechat", envelope_delivery())
    assert (event.type, event.properties["length"]) == ("Message Received", 21)
    assert "hello" not in str(event)


def test_old_key_opens_while_it_is_set_up() -> None:
    config = CONFIG | {"encoding_aes_key": f"{OTHER_KEY}, {KEY}"}
    wechat.verify_delivery(
        msgspec.structs.replace(envelope_delivery(), config=config), (TOKEN,), NOW
    )


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (envelope_delivery(account="wx-of-theirs"), "appid"),
        (envelope_delivery(key=OTHER_KEY), "payload"),
        (delivery_in_clear(TEXT, CONFIG), "missing"),
        (delivery_in_clear("<xml><Encrypt>AAAA</Encrypt></xml>", CONFIG), "missing"),
    ],
)
def test_envelope_that_is_not_ours_is_refused(request_: Request, reason: str) -> None:
    assert refusal(request_) == reason


@pytest.mark.parametrize("config", [{"app_id": "a"}, {}, {"encoding_aes_key": "short"}])
def test_wecom_without_its_key_refuses_all(config: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        wecom.verify_delivery(
            msgspec.structs.replace(envelope_delivery(), config=config), (TOKEN,), NOW
        )


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///x">]><xml><MsgType>&e;</MsgType></xml>',
        "<xml><![CDATA[ ]]><!ENTITY e 'x'></xml>",
        "<xml>&e;</xml>",
        "<xml>",
        "",
        "\x00",
    ],
)
def test_xml_that_declares_or_is_broken_is_refused(body: str) -> None:
    with pytest.raises(InvalidRequestError):
        parse_xml_fields(body.encode())


def test_utf_16_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        parse_xml_fields("<xml><!DOCTYPE x></xml>".encode("utf-16"))


def test_follower_is_known_by_account_and_scene() -> None:
    told = TEXT.replace(">text<", "><![CDATA[event]]><").replace("<MsgId>77</MsgId>", "")
    scene = "<Event>subscribe</Event><EventKey>qrscene_window</EventKey></xml>"
    request = delivery_in_clear(told.replace("</xml>", scene))
    (draft,) = wechat.translate_delivery(request)
    assert draft.event.type == "Contact Subscribed"
    assert draft.event.properties["scene"] == "window"
    assert draft.identifiers[0].scope == "wechat/gh_1"
    assert identifier_values([draft]) == [("open-1",)]


def test_wecom_echo_is_opened() -> None:
    made = envelope_delivery("12345")
    echo = parse_xml_fields(made.body)["Encrypt"]
    asked = msgspec.structs.replace(made, method="GET", query=made.query | {"echostr": echo})
    reply = wecom.answer_handshake(asked, (TOKEN,), NOW)
    assert reply is not None
    assert reply.body == "12345"
