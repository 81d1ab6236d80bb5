"""Test WeChat and WeCom: the encryption for one account, and the XML that is rejected."""

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
CONFIG = {"encoding_aes_key": KEY, "app_id": "wx-account"}
TOKEN = "live-token"
TEXT = (
    "<xml><ToUserName>gh_1</ToUserName><FromUserName>open-1</FromUserName>"
    f"<CreateTime>{EVENT_EPOCH}</CreateTime><MsgType>text</MsgType>"
    "<Content><![CDATA[<!DOCTYPE html> hello]]></Content><MsgId>77</MsgId></xml>"
)


def encrypt_delivery(text: str = TEXT, account: str = "wx-account", key: str = KEY) -> Request:
    blank = Request(
        source="main", body=b"", received_at=NOW, config=CONFIG | {"encoding_aes_key": key}
    )
    delivery = build_encrypted_request(blank, TOKEN, text, account)
    return msgspec.structs.replace(delivery, config=CONFIG)


def build_plain_delivery(body: str, config: dict[str, str] | None = None) -> Request:
    query = {
        "timestamp": str(EVENT_EPOCH),
        "nonce": "1",
        "signature": compute_signature(TOKEN, str(EVENT_EPOCH), "1"),
    }
    return Request(
        source="main", body=body.encode(), received_at=NOW, query=query, config=config or {}
    )


def refusal_reason(request: Request) -> str:
    with pytest.raises(SignatureError) as raised:
        wechat.verify_delivery(request, (TOKEN,), NOW)
    return str(raised.value.reason)


def test_encrypted_message_becomes_an_event_without_its_text() -> None:
    wechat.verify_delivery(encrypt_delivery(), (TOKEN,), NOW)
    event = translate_event("wechat", encrypt_delivery())
    assert (event.type, event.properties["length"]) == ("Message Received", 21)
    assert "hello" not in str(event)


def test_old_key_decrypts_when_it_is_configured() -> None:
    config = CONFIG | {"encoding_aes_key": f"{OTHER_KEY}, {KEY}"}
    wechat.verify_delivery(
        msgspec.structs.replace(encrypt_delivery(), config=config), (TOKEN,), NOW
    )


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (encrypt_delivery(account="wx-other-account"), "appid"),
        (encrypt_delivery(key=OTHER_KEY), "payload"),
        (build_plain_delivery(TEXT, CONFIG), "missing"),
        (build_plain_delivery("<xml><Encrypt>AAAA</Encrypt></xml>", CONFIG), "missing"),
    ],
)
def test_envelope_is_rejected_when_account_or_key_differ(request_: Request, reason: str) -> None:
    assert refusal_reason(request_) == reason


@pytest.mark.parametrize("config", [{"app_id": "a"}, {}, {"encoding_aes_key": "short"}])
def test_wecom_delivery_is_rejected_when_no_key_is_configured(config: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        wecom.verify_delivery(
            msgspec.structs.replace(encrypt_delivery(), config=config), (TOKEN,), NOW
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
def test_xml_is_rejected_when_it_has_declarations_or_is_malformed(body: str) -> None:
    with pytest.raises(InvalidRequestError):
        parse_xml_fields(body.encode())


def test_xml_is_rejected_when_it_is_utf_16() -> None:
    with pytest.raises(InvalidRequestError):
        parse_xml_fields("<xml><!DOCTYPE x></xml>".encode("utf-16"))


def test_follow_has_its_account_and_scene() -> None:
    event_text = TEXT.replace(">text<", "><![CDATA[event]]><").replace("<MsgId>77</MsgId>", "")
    scene = "<Event>subscribe</Event><EventKey>qrscene_window</EventKey></xml>"
    request = build_plain_delivery(event_text.replace("</xml>", scene))
    (draft,) = wechat.translate_delivery(request)
    assert draft.event.type == "Contact Subscribed"
    assert draft.event.properties["scene"] == "window"
    assert draft.identifiers[0].scope == "wechat/gh_1"
    assert identifier_values([draft]) == [("open-1",)]


def test_wecom_echo_string_is_decrypted() -> None:
    delivery = encrypt_delivery("12345")
    echo = parse_xml_fields(delivery.body)["Encrypt"]
    handshake = msgspec.structs.replace(
        delivery, method="GET", query=delivery.query | {"echostr": echo}
    )
    reply = wecom.answer_handshake(handshake, (TOKEN,), NOW)
    assert reply is not None
    assert reply.body == "12345"
