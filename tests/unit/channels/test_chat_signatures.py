"""Test the signatures of messengers, help desks and calendars: genuine, damaged, expired and by another secret."""

import base64
import hmac
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import Reply, Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import InvalidRequestError, SignatureError
from tests.support.deliveries import NOW, build_sample_delivery

OLD_SECRET, NEW_SECRET = "live-secret-1", "live-secret-2"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ENCRYPTION_CONFIG = {"encoding_aes_key": AES_KEY, "app_id": "wx-account"}
CONFIG_BY_CHANNEL = {"wechat": ENCRYPTION_CONFIG, "wecom": ENCRYPTION_CONFIG}
SIGNED_CHANNELS = (
    *("whatsapp", "messenger", "instagram", "twilio", "line", "hubspot", "intercom"),
    *("calendly", "calcom", "chatwoot", "crisp", "wechat", "wecom"),
)
ALL_CHANNELS = (*SIGNED_CHANNELS, "telegram")
META_CHANNELS = ("whatsapp", "messenger", "instagram")
EXPIRED_AGES = {
    **dict.fromkeys(("hubspot", "calendly", "chatwoot"), timedelta(seconds=301)),
    **dict.fromkeys(("wechat", "wecom"), timedelta(seconds=601)),
    "crisp": timedelta(hours=25),
}
URL_TEMPLATE = "https://hooks.example.com/hooks/{}/main"


def build_sample(name: str, secret: str = NEW_SECRET) -> Request:
    """Return a genuine delivery of the channel."""
    blank = Request(
        source="main",
        body=b"",
        received_at=NOW,
        config=CONFIG_BY_CHANNEL.get(name, {}),
        url=URL_TEMPLATE.format(name),
    )
    return build_sample_delivery(load_channel(name), blank, secret)


def refusal_reason(
    name: str, request: Request, secrets: tuple[str, ...] = (NEW_SECRET, OLD_SECRET)
) -> str:
    with pytest.raises(SignatureError) as raised:
        load_channel(name).verify(request, secrets, NOW)
    return str(raised.value.reason)


@pytest.mark.parametrize("secret", [NEW_SECRET, OLD_SECRET])
@pytest.mark.parametrize("name", ALL_CHANNELS)
def test_delivery_is_verified_by_any_live_secret(name: str, secret: str) -> None:
    load_channel(name).verify(build_sample(name, secret), (NEW_SECRET, OLD_SECRET), NOW)


@pytest.mark.parametrize("name", ALL_CHANNELS)
def test_delivery_is_rejected_when_another_secret_signed_it(name: str) -> None:
    assert refusal_reason(name, build_sample(name, "another-secret")) == "signature"


@pytest.mark.parametrize("name", ALL_CHANNELS)
def test_delivery_is_rejected_without_a_signature(name: str) -> None:
    bare = msgspec.structs.replace(build_sample(name), headers={}, query={})
    assert refusal_reason(name, bare) == "missing"


@pytest.mark.parametrize("name", ["chatwoot", "crisp", "hubspot"])
def test_delivery_is_rejected_as_missing_without_its_signing_time(name: str) -> None:
    genuine = build_sample(name)
    headers = {key: value for key, value in genuine.headers.items() if "timestamp" not in key}
    assert refusal_reason(name, msgspec.structs.replace(genuine, headers=headers)) == "missing"


@pytest.mark.parametrize("signed", ["a=x%2Fy", "a=x/y"])
def test_hubspot_delivery_is_verified_with_a_raw_or_partly_decoded_url(signed: str) -> None:
    genuine = msgspec.structs.replace(build_sample("hubspot"), raw_query="a=x%2Fy")
    time = genuine.headers["x-hubspot-request-timestamp"]
    uri = f"POST{genuine.url}?{signed}".encode()
    signature = base64.b64encode(
        hmac.digest(NEW_SECRET.encode(), uri + genuine.body + time.encode(), "sha256")
    )
    headers = genuine.headers | {"x-hubspot-signature-v3": signature.decode()}
    load_channel("hubspot").verify(
        msgspec.structs.replace(genuine, headers=headers), (NEW_SECRET,), NOW
    )


@pytest.mark.parametrize("host", ["me:pass@hooks.example.com", "hooks.example.com:8443"])
def test_twilio_delivery_is_verified_when_the_host_contains_a_colon(host: str) -> None:
    genuine = build_sample("twilio")
    url = f"https://{host}/in"
    signed = hmac.digest(NEW_SECRET.encode(), f"{url}MessageStatustest".encode(), "sha1")
    headers = genuine.headers | {"x-twilio-signature": base64.b64encode(signed).decode()}
    load_channel("twilio").verify(
        msgspec.structs.replace(genuine, url=url, headers=headers), (NEW_SECRET,), NOW
    )


@pytest.mark.parametrize("name", SIGNED_CHANNELS)
def test_delivery_is_rejected_when_its_body_is_changed(name: str) -> None:
    genuine = build_sample(name)
    body = genuine.body.replace(b"t", b"T", 1).replace(b"E", b"e")
    damaged = msgspec.structs.replace(genuine, body=body)
    with pytest.raises((SignatureError, InvalidRequestError)):
        load_channel(name).verify(damaged, (NEW_SECRET, OLD_SECRET), NOW)


@pytest.mark.parametrize("name", sorted(EXPIRED_AGES))
@pytest.mark.parametrize("sign", [1, -1])
def test_delivery_is_rejected_when_its_signature_is_old_or_early(name: str, sign: int) -> None:
    with pytest.raises(SignatureError) as raised:
        load_channel(name).verify(
            build_sample(name), (NEW_SECRET,), NOW + sign * EXPIRED_AGES[name]
        )
    assert raised.value.reason == "timestamp"


@pytest.mark.parametrize("name", sorted(set(SIGNED_CHANNELS) - EXPIRED_AGES.keys()))
def test_signature_without_a_time_is_verified_a_week_later(name: str) -> None:
    load_channel(name).verify(build_sample(name), (NEW_SECRET,), NOW + timedelta(days=7))


# Handshakes


def answer_handshake(name: str, request: Request) -> Reply | None:
    channel = load_channel(name)
    assert channel.answer_handshake
    return channel.answer_handshake(request, (NEW_SECRET, OLD_SECRET), NOW)


def build_handshake(query: dict[str, str], config: dict[str, Any]) -> Request:
    return Request(
        source="main", body=b"", received_at=NOW, query=query, config=config, method="GET"
    )


@pytest.mark.parametrize("name", META_CHANNELS)
def test_meta_challenge_is_answered_with_the_verify_token(name: str) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify-token", "hub.challenge": "42"}
    assert answer_handshake(
        name, build_handshake(query, {"verify_token": "verify-token"})
    ) == Reply(body="42")


@pytest.mark.parametrize(
    ("changes", "config"),
    [
        ({"hub.verify_token": "other-token"}, {"verify_token": "verify-token"}),
        ({"hub.mode": "unsubscribe"}, {"verify_token": "verify-token"}),
        ({"hub.verify_token": ""}, {"verify_token": "verify-token"}),
        ({"hub.verify_token": ""}, {}),
    ],
)
def test_meta_challenge_is_rejected_without_the_verify_token(
    changes: dict[str, str], config: dict[str, str]
) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify-token", "hub.challenge": "42"}
    with pytest.raises(SignatureError):
        answer_handshake("messenger", build_handshake(query | changes, config))


def test_intercom_head_request_is_answered() -> None:
    request = Request(source="main", body=b"", received_at=NOW, method="HEAD")
    assert answer_handshake("intercom", request) == Reply()


def test_intercom_ping_is_rejected_when_it_is_not_signed() -> None:
    request = Request("main", b'{"topic":"ping"}', NOW)
    with pytest.raises(SignatureError):
        answer_handshake("intercom", request)


@pytest.mark.parametrize("name", META_CHANNELS)
def test_meta_delivery_is_not_a_handshake(name: str) -> None:
    assert answer_handshake(name, build_sample(name)) is None


@pytest.mark.parametrize("extra", ["MessageSid=SM2", "Body=", "A"])
def test_twilio_delivery_is_rejected_when_a_field_is_not_signed(extra: str) -> None:
    genuine = build_sample("twilio")
    damaged = msgspec.structs.replace(genuine, body=genuine.body + f"&{extra}".encode())
    assert refusal_reason("twilio", damaged) in {"signature", "malformed"}


def test_twilio_delivery_is_rejected_when_its_query_is_not_signed() -> None:
    changed_request = msgspec.structs.replace(build_sample("twilio"), raw_query="source=other")
    assert refusal_reason("twilio", changed_request) == "signature"


def test_hubspot_sample_is_verified_with_an_encoded_or_decoded_query() -> None:
    blank = Request(
        source="main",
        body=b"",
        received_at=NOW,
        url=URL_TEMPLATE.format("hubspot"),
        raw_query="to=a%40b%2Fc",
    )
    signed = build_sample_delivery(load_channel("hubspot"), blank, NEW_SECRET)
    load_channel("hubspot").verify(signed, (NEW_SECRET,), NOW)
    decoded = msgspec.structs.replace(signed, raw_query="to=a@b/c")
    load_channel("hubspot").verify(decoded, (NEW_SECRET,), NOW)
