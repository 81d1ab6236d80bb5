"""Malformed requests are refused with a clear error and stored as rejects; none causes an internal error."""

import gzip
import json
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from regulars.channels.chat.wechat.envelope import compute_signature
from regulars.settings import ReceiveWebhookSettings, TrackEventsSettings
from regulars.store.api_keys import ApiKeys
from regulars.store.sources import Source, Sources
from tests.functions.conftest import StackTables
from tests.support import shopify_deliveries as shopify
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler

KEY = "the-key"
NESTING_DEPTH = 20_000
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mails"
SOURCES: dict[str, dict[str, Any]] = {
    "form": {},
    "kofi": {},
    "mailjet": {},
    "mandrill": {},
    "paypal": {},
    "ses-sns": {"topic_arns": TOPIC},
    "shopify": {},
    "stripe": {},
    "wechat": {},
}
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART_TYPE = {"content-type": "multipart/form-data; boundary=b"}
XML = {"content-type": "text/xml"}
JSON = {"content-type": "application/json"}
ORDER = json.dumps(shopify.build_order()).encode()
ENTITY_BOMB_BODY = (
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><a>&b;</a></xml>'
)
HIDDEN_ENTITY_BOMB_BODY = (
    b'<?x <![CDATA[ ?><!DOCTYPE x [<!ENTITY a "aa">]><xml><?y ]]> ?><a>&a;</a></xml>'
)
NESTED_PARTS = b"".join(
    b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (n, n + 1) for n in range(2_000)
)
LONG_PART_HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="' + b";" * 50_000 + b"\r\n\r\n\r\n--b--"
)

type CallFunction = Callable[[dict[str, Any]], dict[str, Any]]


def webhook_event(
    channel: str, body: bytes = b"", source: str = "main", **rest: Any
) -> dict[str, Any]:
    return http_event(f"/hooks/{channel}/{source}", body, **rest)


def form_event(body: bytes, **headers: str) -> dict[str, Any]:
    return webhook_event("form", body, headers=FORM | headers, query=f"key={KEY}")


def mailjet_event(body: bytes, **headers: str) -> dict[str, Any]:
    return webhook_event("mailjet", body, headers=JSON | headers, query=f"token={KEY}")


def wechat_event(body: bytes) -> dict[str, Any]:
    at = str(int(time.time()))
    query = f"timestamp={at}&nonce=n&signature={compute_signature(KEY, at, 'n')}"
    return webhook_event("wechat", body, headers=XML, query=query)


def sns_event(url: str) -> dict[str, Any]:
    message = {
        "Type": "Notification",
        "MessageId": "m",
        "TopicArn": TOPIC,
        "Message": "{}",
        "Timestamp": "2026-11-20T09:00:00.000Z",
        "SignatureVersion": "2",
        "Signature": b64encode(b"x" * 256).decode(),
        "SigningCertURL": url,
    }
    return webhook_event(
        "ses-sns", json.dumps(message).encode(), headers={"content-type": "text/plain"}
    )


def paypal_event(url: str) -> dict[str, Any]:
    headers = {
        "paypal-transmission-id": "t",
        "paypal-transmission-time": "2026-11-20T09:00:00Z",
        "paypal-transmission-sig": b64encode(b"x" * 256).decode(),
        "paypal-cert-url": url,
        "paypal-auth-algo": "SHA256withRSA",
    }
    return webhook_event("paypal", b"{}", headers=headers)


def order_event(body: bytes = ORDER, **change: str) -> dict[str, Any]:
    return webhook_event("shopify", body, headers=shopify.build_headers(body, **change))


def order_event_with_price(price: object) -> dict[str, Any]:
    return order_event(json.dumps(shopify.build_order(total_price=price)).encode())


def repeat_header(event: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the event with a header sent twice, as the gateway joins it."""
    headers = event["headers"] | {name: f"{event['headers'][name]},{event['headers'][name]}"}
    return event | {"headers": headers}


def break_base64(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"body": "%%%", "isBase64Encoded": True}


def track_event(body: bytes, path: str = "/v1/track", **headers: str) -> dict[str, Any]:
    basic = b64encode(f"{KEY}:".encode()).decode()
    return http_event(path, body, headers={"authorization": f"Basic {basic}"} | headers)


def order_call(value: str) -> bytes:
    """Return a track call of an order whose total is written like this."""
    properties = f'{{"order_id":"o","total":{value},"currency":"EUR"}}'
    return f'{{"event":"Order Completed","userId":"u","properties":{properties}}}'.encode()


REFUSED_DELIVERIES = {
    "unheard-of channel": (webhook_event("unheard-of", b"{}"), 404, "not_found"),
    "source of another channel": (webhook_event("stripe", b"{}", source="other"), 404, "not_found"),
    "disabled source": (
        webhook_event("form", b"a=b", source="off", headers=FORM),
        404,
        "source_disabled",
    ),
    "source that is no text": (webhook_event("form", b"a=b", source="\udcff"), 404, "not_found"),
    "body over the limit": (mailjet_event(b" " * 4_200_000), 413, "payload_too_large"),
    "form over its limit": (form_event(b"a=" + b"x" * 1_100_000), 413, "payload_too_large"),
    "gzip bomb where nothing inflates": (mailjet_event(gzip.compress(b" " * 50_000_000)), 400, ""),
    "deep JSON": (mailjet_event(b"[" * NESTING_DEPTH), 400, "invalid_json"),
    "deep JSON, closed": (
        mailjet_event(b"[" * NESTING_DEPTH + b"]" * NESTING_DEPTH),
        400,
        "invalid_json",
    ),
    "deep XML": (wechat_event(b"<a>" * NESTING_DEPTH), 400, "invalid_xml"),
    "multipart within multipart": (
        webhook_event("form", NESTED_PARTS, headers=MULTIPART_TYPE, query=f"key={KEY}"),
        400,
        "invalid_form",
    ),
    "part with an endless head": (
        webhook_event("form", LONG_PART_HEAD, headers=MULTIPART_TYPE, query=f"key={KEY}"),
        400,
        "invalid_form",
    ),
    "too many fields": (
        form_event(b"&".join(b"a%d=b" % n for n in range(5_000))),
        400,
        "invalid_form",
    ),
    "XML with a DOCTYPE": (wechat_event(ENTITY_BOMB_BODY), 400, "invalid_xml"),
    "XML whose DOCTYPE stands between instructions": (
        wechat_event(HIDDEN_ENTITY_BOMB_BODY),
        400,
        "invalid_xml",
    ),
    "XML that begins to quote again and again": (
        wechat_event(b"<![CDATA[" * NESTING_DEPTH),
        400,
        "invalid_xml",
    ),
    "XML in UTF-16": (wechat_event("<xml/>".encode("utf-16")), 400, "invalid_xml"),
    "look-alike host of SNS": (
        sns_event(
            "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-a.pem"
        ),
        401,
        "invalid_signature",
    ),
    "user before the host of SNS": (
        sns_event(
            "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-a.pem"
        ),
        401,
        "invalid_signature",
    ),
    "look-alike host of PayPal": (
        paypal_event("https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1"),
        401,
        "invalid_signature",
    ),
    "signature sent twice": (
        repeat_header(order_event(), "x-shopify-hmac-sha256"),
        401,
        "invalid_signature",
    ),
    "UTF-8 cut in the body": (mailjet_event(b'{"event": "\xc3"}'), 400, "invalid_json"),
    "form that is no UTF-8": (form_event(b"name=\xff\xfe"), 400, "invalid_form"),
    "form of a probe that lacks its field": (
        webhook_event("mandrill", b"a=1", headers=FORM),
        400,
        "invalid_form",
    ),
    "header that is no text": (order_event(hmac_sha256="\udcff"), 401, "invalid_signature"),
    "query that is no text": (
        webhook_event("mailjet", b"{}", query="token=%ff%fe&%"),
        401,
        "invalid_signature",
    ),
    "empty body": (mailjet_event(b""), 400, "invalid_json"),
    "probe that cannot be read": (
        webhook_event("mandrill", b"\xff", headers=FORM),
        400,
        "invalid_form",
    ),
    "number beyond all bounds": (mailjet_event(b'[{"time": 1e999}]'), 400, "invalid_json"),
    "wrong base64": (break_base64(mailjet_event(b"{}")), 400, "invalid_body"),
    "wrong method": (webhook_event("shopify", ORDER, method="PUT"), 404, "not_found"),
}
ACKNOWLEDGED_DELIVERIES = {
    "empty form": (form_event(b""), "missing_identity"),
    "unknown topic": (order_event(topic="themes/publish"), "unknown_topic"),
    "topic sent twice": (repeat_header(order_event(), "x-shopify-topic"), "unknown_topic"),
    "no number": (order_event_with_price("NaN"), "invalid_amount"),
    "infinite": (order_event_with_price("-Infinity"), "invalid_amount"),
    "huge exponent": (order_event_with_price("1e999999999"), "invalid_amount"),
    "huge integer": (order_event_with_price(10**400), "invalid_amount"),
}
REFUSED_CALLS = {
    "gzip bomb": (track_event(gzip.compress(b" " * 50_000_000)), 413, "payload_too_large"),
    "deep JSON": (track_event(b"[" * NESTING_DEPTH), 400, "invalid_request"),
    "deep properties": (
        track_event(b'{"userId":"u","event":"A","properties":{"a":' + b"[" * NESTING_DEPTH),
        400,
        "invalid_json",
    ),
    "no UTF-8": (track_event(b'{"userId":"\xff"}'), 400, ""),
    "empty body": (track_event(b""), 400, "invalid_json"),
    "wrong base64": (break_base64(track_event(b"{}")), 400, "invalid_body"),
    "wrong method": (http_event("/v1/track", b"", method="PUT"), 404, "not_found"),
    "number beyond all bounds": (track_event(order_call("1e999")), 400, ""),
    "huge exponent": (track_event(order_call('"1e999999999"')), 400, "invalid_amount"),
    "infinite": (track_event(order_call('"Infinity"')), 400, "invalid_amount"),
    "huge integer": (track_event(order_call("9" * 5_000)), 400, ""),
    "no number": (track_event(order_call('"NaN"')), 400, "invalid_amount"),
}


@pytest.fixture
def call_function(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> CallFunction:
    """Call the webhook or the tracking function, depending on the path."""
    sources = Sources("test-control", aws.dynamodb)
    sources.save_source(Source(channel="form", source="off", disabled=True))
    for channel, config in SOURCES.items():
        sources.save_source(Source(channel=channel, source="main", config=config))
        aws.put_secrets(f"{channel}/main", KEY, shopify.SECRET)
    ApiKeys("test-control", aws.dynamodb).register_key(
        KEY, "browser", "", "web", "2026-01-01T00:00:00Z"
    )
    modules = {
        "hooks": load_handler(
            "receive_webhook", aws.build_settings(ReceiveWebhookSettings), monkeypatch
        ),
        "v1": load_handler("track_events", aws.build_settings(TrackEventsSettings), monkeypatch),
    }

    def call(event: dict[str, Any]) -> dict[str, Any]:
        module = modules[event["rawPath"].split("/")[1]]
        response: dict[str, Any] = module.handler(event, None)
        return response

    return call


@pytest.mark.parametrize(
    "case", [*REFUSED_DELIVERIES, *(f"call: {name}" for name in REFUSED_CALLS)]
)
def test_malformed_request_is_refused_with_code_and_message(
    call_function: CallFunction, tables: StackTables, case: str
) -> None:
    name = case.removeprefix("call: ")
    event, status, code = REFUSED_CALLS[name] if name != case else REFUSED_DELIVERIES[name]
    response = call_function(event)
    problem = json.loads(response["body"])
    assert (response["statusCode"], problem["code"]) == (status, code or problem["code"])
    assert problem["message"]
    # An unreadable request and one to an unknown route or source are not stored.
    unstored_names = {"wrong base64", "wrong method", "unheard-of channel"}
    unstored_names |= {"source of another channel", "source that is no text"}
    is_stored = name not in unstored_names
    assert tables.list_reject_codes() == [problem["code"]] * is_stored


@pytest.mark.parametrize("case", ACKNOWLEDGED_DELIVERIES)
def test_invalid_delivery_is_acknowledged_and_stored(
    call_function: CallFunction, tables: StackTables, case: str
) -> None:
    event, code = ACKNOWLEDGED_DELIVERIES[case]
    response = call_function(event)
    assert (response["statusCode"], json.loads(response["body"])["rejected"]) == (200, code)
    assert (tables.list_reject_codes(), tables.list_events()) == ([code], [])


@pytest.mark.parametrize(
    "event",
    [
        form_event(b"email=a%40b.example") | {"headers": {}},
        track_event(b'{"event":"A","userId":"u"}', **{"content-type": ""}),
        track_event(order_call("NaN")),
        track_event(order_call("Infinity")),
    ],
)
def test_unusual_but_readable_request_is_recorded(
    call_function: CallFunction, tables: StackTables, event: dict[str, Any]
) -> None:
    assert call_function(event)["statusCode"] == 200
    assert len(tables.list_events()) == 1
