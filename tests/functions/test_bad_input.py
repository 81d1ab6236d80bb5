"""Bad input to the webhook and tracking functions is refused clearly and stored as a reject, never a fault of ours."""

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
from tests.functions.conftest import Kept
from tests.support import shopify_deliveries as shopify
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, loaded

KEY = "the-key"
DEEP = 20_000
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
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
XML = {"content-type": "text/xml"}
JSON = {"content-type": "application/json"}
ORDER = json.dumps(shopify.order()).encode()
BILLION = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><a>&b;</a></xml>'
DISGUISED = b'<?x <![CDATA[ ?><!DOCTYPE x [<!ENTITY a "aa">]><xml><?y ]]> ?><a>&a;</a></xml>'
NESTED_PARTS = b"".join(
    b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (n, n + 1) for n in range(2_000)
)
HEADY = b'--b\r\nContent-Disposition: form-data; name="' + b";" * 50_000 + b"\r\n\r\n\r\n--b--"

type Door = Callable[[dict[str, Any]], dict[str, Any]]


def hook(channel: str, body: bytes = b"", source: str = "main", **rest: Any) -> dict[str, Any]:
    return http_event(f"/hooks/{channel}/{source}", body, **rest)


def form(body: bytes, **headers: str) -> dict[str, Any]:
    return hook("form", body, headers=FORM | headers, query=f"key={KEY}")


def mailjet(body: bytes, **headers: str) -> dict[str, Any]:
    return hook("mailjet", body, headers=JSON | headers, query=f"token={KEY}")


def wechat(body: bytes) -> dict[str, Any]:
    at = str(int(time.time()))
    query = f"timestamp={at}&nonce=n&signature={compute_signature(KEY, at, 'n')}"
    return hook("wechat", body, headers=XML, query=query)


def sns(url: str) -> dict[str, Any]:
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
    return hook("ses-sns", json.dumps(message).encode(), headers={"content-type": "text/plain"})


def paypal(url: str) -> dict[str, Any]:
    signed = {
        "paypal-transmission-id": "t",
        "paypal-transmission-time": "2026-11-20T09:00:00Z",
        "paypal-transmission-sig": b64encode(b"x" * 256).decode(),
        "paypal-cert-url": url,
        "paypal-auth-algo": "SHA256withRSA",
    }
    return hook("paypal", b"{}", headers=signed)


def signed_order(body: bytes = ORDER, **change: str) -> dict[str, Any]:
    return hook("shopify", body, headers=shopify.headers(body, **change))


def priced(price: object) -> dict[str, Any]:
    return signed_order(json.dumps(shopify.order(total_price=price)).encode())


def twice(event: dict[str, Any], name: str) -> dict[str, Any]:
    """A header sent twice, as the gateway joins it."""
    headers = event["headers"] | {name: f"{event['headers'][name]},{event['headers'][name]}"}
    return event | {"headers": headers}


def mangled(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"body": "%%%", "isBase64Encoded": True}


def track(body: bytes, path: str = "/v1/track", **headers: str) -> dict[str, Any]:
    basic = b64encode(f"{KEY}:".encode()).decode()
    return http_event(path, body, headers={"authorization": f"Basic {basic}"} | headers)


def told(value: str) -> bytes:
    """An order of a track call with a number as it may be written."""
    properties = f'{{"order_id":"o","total":{value},"currency":"EUR"}}'
    return f'{{"event":"Order Completed","userId":"u","properties":{properties}}}'.encode()


REFUSED = {
    "unheard-of channel": (hook("unheard-of", b"{}"), 404, "not_found"),
    "source of another channel": (hook("stripe", b"{}", source="other"), 404, "not_found"),
    "disabled source": (hook("form", b"a=b", source="off", headers=FORM), 404, "not_found"),
    "source that is no text": (hook("form", b"a=b", source="\udcff"), 404, "not_found"),
    "body over the limit": (mailjet(b" " * 4_200_000), 413, "payload_too_large"),
    "form over its limit": (form(b"a=" + b"x" * 1_100_000), 413, "payload_too_large"),
    "gzip bomb where nothing inflates": (mailjet(gzip.compress(b" " * 50_000_000)), 400, ""),
    "deep JSON": (mailjet(b"[" * DEEP), 400, "invalid_json"),
    "deep JSON, closed": (mailjet(b"[" * DEEP + b"]" * DEEP), 400, "invalid_json"),
    "deep XML": (wechat(b"<a>" * DEEP), 400, "invalid_xml"),
    "multipart within multipart": (
        hook("form", NESTED_PARTS, headers=MULTIPART, query=f"key={KEY}"),
        400,
        "invalid_form",
    ),
    "part with an endless head": (
        hook("form", HEADY, headers=MULTIPART, query=f"key={KEY}"),
        400,
        "invalid_form",
    ),
    "too many fields": (form(b"&".join(b"a%d=b" % n for n in range(5_000))), 400, "invalid_form"),
    "XML with a DOCTYPE": (wechat(BILLION), 400, "invalid_xml"),
    "XML whose DOCTYPE stands between instructions": (wechat(DISGUISED), 400, "invalid_xml"),
    "XML that begins to quote again and again": (
        wechat(b"<![CDATA[" * DEEP),
        400,
        "invalid_xml",
    ),
    "XML in UTF-16": (wechat("<xml/>".encode("utf-16")), 400, "invalid_xml"),
    "look-alike host of SNS": (
        sns("https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-a.pem"),
        401,
        "invalid_signature",
    ),
    "user before the host of SNS": (
        sns("https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-a.pem"),
        401,
        "invalid_signature",
    ),
    "look-alike host of PayPal": (
        paypal("https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1"),
        401,
        "invalid_signature",
    ),
    "signature sent twice": (
        twice(signed_order(), "x-shopify-hmac-sha256"),
        401,
        "invalid_signature",
    ),
    "UTF-8 cut in the body": (mailjet(b'{"event": "\xc3"}'), 400, "invalid_json"),
    "form that is no UTF-8": (form(b"name=\xff\xfe"), 400, "invalid_form"),
    "form of a probe that lacks its field": (
        hook("mandrill", b"a=1", headers=FORM),
        400,
        "invalid_form",
    ),
    "header that is no text": (signed_order(hmac_sha256="\udcff"), 401, "invalid_signature"),
    "query that is no text": (
        hook("mailjet", b"{}", query="token=%ff%fe&%"),
        401,
        "invalid_signature",
    ),
    "empty body": (mailjet(b""), 400, "invalid_json"),
    "probe that cannot be read": (hook("mandrill", b"\xff", headers=FORM), 400, "invalid_form"),
    "number beyond all bounds": (mailjet(b'[{"time": 1e999}]'), 400, "invalid_json"),
    "wrong base64": (mangled(mailjet(b"{}")), 400, "invalid_body"),
    "wrong method": (hook("shopify", ORDER, method="PUT"), 404, "not_found"),
}
TAKEN = {
    "empty form": (form(b""), "missing_identity"),
    "unknown topic": (signed_order(topic="themes/publish"), "unknown_topic"),
    "topic sent twice": (twice(signed_order(), "x-shopify-topic"), "unknown_topic"),
    "no number": (priced("NaN"), "invalid_amount"),
    "infinite": (priced("-Infinity"), "invalid_amount"),
    "huge exponent": (priced("1e999999999"), "invalid_amount"),
    "huge integer": (priced(10**400), "invalid_amount"),
}
REFUSED_CALLS = {
    "gzip bomb": (track(gzip.compress(b" " * 50_000_000)), 413, "payload_too_large"),
    "deep JSON": (track(b"[" * DEEP), 400, "invalid_request"),
    "deep properties": (
        track(b'{"userId":"u","event":"A","properties":{"a":' + b"[" * DEEP),
        400,
        "invalid_json",
    ),
    "no UTF-8": (track(b'{"userId":"\xff"}'), 400, ""),
    "empty body": (track(b""), 400, "invalid_json"),
    "wrong base64": (mangled(track(b"{}")), 400, "invalid_body"),
    "wrong method": (http_event("/v1/track", b"", method="PUT"), 404, "not_found"),
    "number beyond all bounds": (track(told("1e999")), 400, ""),
    "huge exponent": (track(told('"1e999999999"')), 400, "invalid_amount"),
    "infinite": (track(told('"Infinity"')), 400, "invalid_amount"),
    "huge integer": (track(told("9" * 5_000)), 400, ""),
    "no number": (track(told('"NaN"')), 400, "invalid_amount"),
}


@pytest.fixture
def door(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Both functions, by the first part of the path."""
    sources = Sources("test-control", aws.dynamodb)
    sources.save_source(Source(channel="form", source="off", disabled=True))
    for channel, config in SOURCES.items():
        sources.save_source(Source(channel=channel, source="main", config=config))
        aws.put_secrets(f"{channel}/main", KEY, shopify.SECRET)
    ApiKeys("test-control", aws.dynamodb).register_key(
        KEY, "write", "", "web", "2026-01-01T00:00:00Z"
    )
    modules = {
        "hooks": loaded("receive_webhook", aws.build_settings(ReceiveWebhookSettings), monkeypatch),
        "v1": loaded("track_events", aws.build_settings(TrackEventsSettings), monkeypatch),
    }

    def answered(event: dict[str, Any]) -> dict[str, Any]:
        module = modules[event["rawPath"].split("/")[1]]
        answer: dict[str, Any] = module.handler(event, None)
        return answer

    return answered


@pytest.mark.parametrize("case", [*REFUSED, *(f"call: {name}" for name in REFUSED_CALLS)])
def test_bad_input_is_refused_in_words(door: Door, kept: Kept, case: str) -> None:
    name = case.removeprefix("call: ")
    event, status, code = REFUSED_CALLS[name] if name != case else REFUSED[name]
    answer = door(event)
    said = json.loads(answer["body"])
    assert (answer["statusCode"], said["code"]) == (status, code or said["code"])
    assert said["message"]
    # Nothing was sent that could be read, or to no door of ours.
    is_kept = name not in {"wrong base64", "wrong method"}
    assert kept.codes() == [said["code"]] * is_kept


@pytest.mark.parametrize("case", TAKEN)
def test_delivery_that_no_repetition_mends_is_taken_and_kept(
    door: Door, kept: Kept, case: str
) -> None:
    event, code = TAKEN[case]
    answer = door(event)
    assert (answer["statusCode"], json.loads(answer["body"])["rejected"]) == (200, code)
    assert (kept.codes(), kept.events()) == ([code], [])


@pytest.mark.parametrize(
    "event",
    [
        form(b"email=a%40b.example") | {"headers": {}},
        track(b'{"event":"A","userId":"u"}', **{"content-type": ""}),
        track(told("NaN")),
        track(told("Infinity")),
    ],
)
def test_call_without_a_type_or_with_no_number_is_understood(
    door: Door, kept: Kept, event: dict[str, Any]
) -> None:
    assert door(event)["statusCode"] == 200
    assert len(kept.events()) == 1
