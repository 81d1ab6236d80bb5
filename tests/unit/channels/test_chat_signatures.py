"""How messengers, help desks and calendars prove themselves: samples of ours, damaged, late or signed with another key."""

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

OLD_SECRET, NEW_SECRET = "a-secret-of-ours-1", "a-secret-of-ours-2"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SEALED_CONFIG = {"encoding_aes_key": AES_KEY, "app_id": "wx-of-ours"}
CONFIGS = {"wechat": SEALED_CONFIG, "wecom": SEALED_CONFIG}
SIGNING_CHANNELS = (
    *("whatsapp", "messenger", "instagram", "twilio", "line", "hubspot", "intercom"),
    *("calendly", "calcom", "chatwoot", "crisp", "wechat", "wecom"),
)
ALL_CHANNELS = (*SIGNING_CHANNELS, "telegram")
META_CHANNELS = ("whatsapp", "messenger", "instagram")
LATE_DELAYS = {
    **dict.fromkeys(("hubspot", "calendly", "chatwoot"), timedelta(seconds=301)),
    **dict.fromkeys(("wechat", "wecom"), timedelta(seconds=601)),
    "crisp": timedelta(hours=25),
}
URL = "https://hooks.example.com/hooks/{}/main"


def sample(name: str, secret: str = NEW_SECRET) -> Request:
    """A genuine delivery."""
    blank = Request(
        source="main", body=b"", received_at=NOW, config=CONFIGS.get(name, {}), url=URL.format(name)
    )
    return build_sample_delivery(load_channel(name), blank, secret)


def refusal(
    name: str, request: Request, secrets: tuple[str, ...] = (NEW_SECRET, OLD_SECRET)
) -> str:
    with pytest.raises(SignatureError) as refused:
        load_channel(name).verify(request, secrets, NOW)
    return str(refused.value.reason)


@pytest.mark.parametrize("secret", [NEW_SECRET, OLD_SECRET])
@pytest.mark.parametrize("name", ALL_CHANNELS)
def test_genuine_delivery_is_believed_by_either_live_secret(name: str, secret: str) -> None:
    load_channel(name).verify(sample(name, secret), (NEW_SECRET, OLD_SECRET), NOW)


@pytest.mark.parametrize("name", ALL_CHANNELS)
def test_delivery_by_another_secret_is_refused(name: str) -> None:
    assert refusal(name, sample(name, "not-ours")) == "signature"


@pytest.mark.parametrize("name", ALL_CHANNELS)
def test_delivery_without_proof_is_refused(name: str) -> None:
    bare = msgspec.structs.replace(sample(name), headers={}, query={})
    assert refusal(name, bare) == "missing"


@pytest.mark.parametrize("name", ["chatwoot", "crisp", "hubspot"])
def test_signature_whose_time_is_left_out_is_refused_as_missing(name: str) -> None:
    genuine = sample(name)
    headers = {key: value for key, value in genuine.headers.items() if "timestamp" not in key}
    assert refusal(name, msgspec.structs.replace(genuine, headers=headers)) == "missing"


@pytest.mark.parametrize("signed", ["a=x%2Fy", "a=x/y"])
def test_hubspot_url_is_signed_as_it_is_or_partly_decoded(signed: str) -> None:
    genuine = msgspec.structs.replace(sample("hubspot"), raw_query="a=x%2Fy")
    time = genuine.headers["x-hubspot-request-timestamp"]
    uri = f"POST{genuine.url}?{signed}".encode()
    proof = base64.b64encode(
        hmac.digest(NEW_SECRET.encode(), uri + genuine.body + time.encode(), "sha256")
    )
    headers = genuine.headers | {"x-hubspot-signature-v3": proof.decode()}
    load_channel("hubspot").verify(
        msgspec.structs.replace(genuine, headers=headers), (NEW_SECRET,), NOW
    )


@pytest.mark.parametrize("host", ["me:pass@hooks.example.com", "hooks.example.com:8443"])
def test_twilio_signature_over_an_address_with_a_colon_is_believed(host: str) -> None:
    genuine = sample("twilio")
    url = f"https://{host}/in"
    signed = hmac.digest(NEW_SECRET.encode(), f"{url}MessageStatustest".encode(), "sha1")
    headers = genuine.headers | {"x-twilio-signature": base64.b64encode(signed).decode()}
    load_channel("twilio").verify(
        msgspec.structs.replace(genuine, url=url, headers=headers), (NEW_SECRET,), NOW
    )


@pytest.mark.parametrize("name", SIGNING_CHANNELS)
def test_changed_body_is_refused(name: str) -> None:
    genuine = sample(name)
    body = genuine.body.replace(b"t", b"T", 1).replace(b"E", b"e")
    damaged = msgspec.structs.replace(genuine, body=body)
    with pytest.raises((SignatureError, InvalidRequestError)):
        load_channel(name).verify(damaged, (NEW_SECRET, OLD_SECRET), NOW)


@pytest.mark.parametrize("name", sorted(LATE_DELAYS))
@pytest.mark.parametrize("sign", [1, -1])
def test_signature_of_another_time_is_refused(name: str, sign: int) -> None:
    with pytest.raises(SignatureError) as refused:
        load_channel(name).verify(sample(name), (NEW_SECRET,), NOW + sign * LATE_DELAYS[name])
    assert refused.value.reason == "timestamp"


@pytest.mark.parametrize("name", sorted(set(SIGNING_CHANNELS) - LATE_DELAYS.keys()))
def test_signature_without_a_time_is_believed_a_week_later(name: str) -> None:
    load_channel(name).verify(sample(name), (NEW_SECRET,), NOW + timedelta(days=7))


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
def test_meta_challenge_is_answered_to_whoever_knows_our_word(name: str) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "ours", "hub.challenge": "42"}
    assert answer_handshake(name, build_handshake(asked, {"verify_token": "ours"})) == Reply(
        body="42"
    )


@pytest.mark.parametrize(
    ("changed", "config"),
    [
        ({"hub.verify_token": "theirs"}, {"verify_token": "ours"}),
        ({"hub.mode": "unsubscribe"}, {"verify_token": "ours"}),
        ({"hub.verify_token": ""}, {"verify_token": "ours"}),
        ({"hub.verify_token": ""}, {}),
    ],
)
def test_meta_challenge_of_anybody_else_is_refused(
    changed: dict[str, str], config: dict[str, str]
) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "ours", "hub.challenge": "42"}
    with pytest.raises(SignatureError):
        answer_handshake("messenger", build_handshake(asked | changed, config))


def test_intercom_head_is_answered() -> None:
    request = Request(source="main", body=b"", received_at=NOW, method="HEAD")
    assert answer_handshake("intercom", request) == Reply()


def test_intercom_ping_that_is_not_signed_is_refused() -> None:
    request = Request("main", b'{"topic":"ping"}', NOW)
    with pytest.raises(SignatureError):
        answer_handshake("intercom", request)


@pytest.mark.parametrize("name", META_CHANNELS)
def test_delivery_is_no_handshake(name: str) -> None:
    assert answer_handshake(name, sample(name)) is None


@pytest.mark.parametrize("extra", ["MessageSid=SM2", "Body=", "A"])
def test_twilio_field_that_was_not_signed_is_refused(extra: str) -> None:
    genuine = sample("twilio")
    damaged = msgspec.structs.replace(genuine, body=genuine.body + f"&{extra}".encode())
    assert refusal("twilio", damaged) in {"signature", "malformed"}


def test_twilio_url_is_signed_with_the_query_that_came() -> None:
    asked = msgspec.structs.replace(sample("twilio"), raw_query="source=other")
    assert refusal("twilio", asked) == "signature"


def test_hubspot_url_is_signed_as_hubspot_decodes_it() -> None:
    blank = Request(
        source="main",
        body=b"",
        received_at=NOW,
        url=URL.format("hubspot"),
        raw_query="to=a%40b%2Fc",
    )
    signed = build_sample_delivery(load_channel("hubspot"), blank, NEW_SECRET)
    load_channel("hubspot").verify(signed, (NEW_SECRET,), NOW)
    decoded = msgspec.structs.replace(signed, raw_query="to=a@b/c")
    load_channel("hubspot").verify(decoded, (NEW_SECRET,), NOW)
