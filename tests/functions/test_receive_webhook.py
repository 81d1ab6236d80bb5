"""The webhook door: only the sender's own bytes come in, and what is refused is kept."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from regulars.channels.registry import CHANNELS
from regulars.settings import ReceiveWebhookSettings
from regulars.store.sources import Source, Sources
from tests.functions.conftest import Kept
from tests.support import shopify_deliveries as shopify
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, loaded

FORM_KEY = "form-key-1"
FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}

type Door = Callable[..., dict[str, Any]]
type Owner = Callable[..., Any]


@pytest.fixture
def door(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Posts to the handler of a shop with a Shopify store and a form."""
    sources = Sources("test-control", aws.dynamodb)
    sources.save_source(Source(channel="shopify", source="main"))
    sources.save_source(
        Source(channel="form", source="contact", config={"next": "https://shop.example.com/thanks"})
    )
    sources.save_source(Source(channel="mailjet", source="main"))
    for name, secrets in {
        "shopify/main": [shopify.SECRET, "the-one-before"],
        "form/contact": [FORM_KEY],
        "mailjet/main": [FORM_KEY],
    }.items():
        aws.put_secrets(name, *secrets)
    module = loaded("receive_webhook", aws.build_settings(ReceiveWebhookSettings), monkeypatch)

    def post(path: str, body: bytes, headers: dict[str, str], **rest: Any) -> dict[str, Any]:
        answer: dict[str, Any] = module.handler(http_event(path, body, headers, **rest), None)
        return answer

    return post


def deliver(door: Door, body: bytes, headers: dict[str, str] | None = None) -> dict[str, Any]:
    return door("/hooks/shopify/main", body, headers or shopify.headers(body))


def submit(door: Door, fields: dict[str, str], **headers: str) -> dict[str, Any]:
    body = urlencode(fields).encode()
    return door("/hooks/form/contact", body, FORM_HEADERS | headers, query=f"key={FORM_KEY}")


def test_signed_order_is_stored_and_its_contact_apart(door: Door, kept: Kept) -> None:
    answer = deliver(door, json.dumps(shopify.order()).encode())
    assert (answer["statusCode"], json.loads(answer["body"])["new"]) == (200, 1)
    assert [event.type for event in kept.events()] == ["Order Completed"]
    assert kept.contacts()[0]["email"] == "zebedee@example.com"


def test_same_delivery_again_is_200_and_one_event(door: Door, kept: Kept) -> None:
    body = json.dumps(shopify.order()).encode()
    assert [json.loads(deliver(door, body)["body"])["known"] for _ in range(2)] == [0, 1]
    assert len(kept.events()) == 1


@pytest.mark.parametrize("signature", ["", "bm90IGl0", "ü"])
def test_forged_delivery_is_401_and_kept(door: Door, kept: Kept, signature: str) -> None:
    body = json.dumps(shopify.order()).encode()
    answer = deliver(door, body, shopify.headers(body, hmac_sha256=signature))
    assert answer["statusCode"] == 401
    assert [(reject["code"], reject["raw"]) for reject in kept.rejects()] == [
        ("invalid_signature", body)
    ]
    assert kept.events() == []


def test_signed_body_that_is_no_json_is_400_and_kept(door: Door, kept: Kept) -> None:
    assert deliver(door, b'{"id": ')["statusCode"] == 400
    assert kept.codes() == ["invalid_json"]


@pytest.mark.parametrize(
    ("topic", "change", "code"),
    [
        ("themes/publish", {}, "unknown_topic"),
        ("orders/paid", {"id": None}, "missing_id"),
        ("orders/paid", {"currency": "XXX"}, "unknown_currency"),
        ("orders/paid", {"total_price": "-1.00"}, "negative_price"),
        ("orders/paid", {"updated_at": "soon"}, "invalid_timestamp"),
        ("orders/paid", {"line_items": [{"product_id": 1, "quantity": -1}]}, "invalid_quantity"),
    ],
)
def test_delivery_we_make_nothing_of_is_200_and_kept(
    door: Door, kept: Kept, topic: str, change: dict[str, Any], code: str
) -> None:
    body = json.dumps(shopify.order(**change)).encode()
    answer = deliver(door, body, shopify.headers(body, topic))
    assert (answer["statusCode"], json.loads(answer["body"])["rejected"]) == (200, code)
    assert [(reject["code"], reject["raw"]) for reject in kept.rejects()] == [(code, body)]


@pytest.mark.parametrize("path", ["/hooks/shopify/other", "/hooks/unheard-of/main"])
def test_unknown_source_is_404_and_kept(door: Door, kept: Kept, path: str) -> None:
    body = json.dumps(shopify.order()).encode()
    assert door(path, body, shopify.headers(body))["statusCode"] == 404
    assert kept.codes() == ["not_found"]


def test_source_too_long_for_a_key_is_never_asked_for(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("regulars.store.sources.Sources.find_source")
    assert door(f"/hooks/form/{'x' * 3_000}", b"a=b", FORM_HEADERS)["statusCode"] == 404


def test_delivery_that_tells_nothing_is_200_and_leaves_nothing(door: Door, kept: Kept) -> None:
    body = json.dumps({"token": "t", "completed_at": "2026-11-20T08:00:00Z"}).encode()
    answer = deliver(door, body, shopify.headers(body, "checkouts/update"))
    assert (answer["statusCode"], json.loads(answer["body"])["new"]) == (200, 0)
    assert (kept.events(), kept.rejects()) == ([], [])


def test_body_over_the_limit_is_413_with_code_and_message(door: Door, kept: Kept) -> None:
    body = b" " * (4 * 1024 * 1024 + 1)
    answer = deliver(door, body)
    said = json.loads(answer["body"])
    assert (answer["statusCode"], said["code"]) == (413, "payload_too_large")
    assert said["message"]
    assert kept.codes() == ["payload_too_large"]


def test_disabled_source_is_404_and_kept(door: Door, kept: Kept, aws: MotoStack) -> None:
    Sources("test-control", aws.dynamodb).save_source(
        Source(channel="shopify", source="main", disabled=True)
    )
    assert deliver(door, json.dumps(shopify.order()).encode())["statusCode"] == 404
    assert kept.codes() == ["not_found"]


@pytest.mark.parametrize(
    ("method", "query", "status"),
    [
        ("GET", "", 200),
        ("HEAD", "", 200),
        ("GET", "token=t", 200),
        ("GET", "From=%2B15005550006", 404),
        ("PUT", "", 404),
    ],
)
def test_address_that_is_tried_is_there_and_takes_nothing(
    door: Door, kept: Kept, method: str, query: str, status: int
) -> None:
    answer = door("/hooks/shopify/main", b"", {}, method=method, query=query)
    assert answer["statusCode"] == status
    assert (kept.events(), kept.rejects()) == ([], [])


def test_form_is_stored_without_what_was_written(door: Door, kept: Kept) -> None:
    fields = {"email": "zebedee@example.com", "message": "canary text", "newsletter": "on"}
    assert submit(door, fields)["statusCode"] == 200
    (event,) = kept.events()
    assert [(c.channel, c.status) for c in event.consents] == [("email", "granted")]
    assert "canary" not in kept.ledger_text()


def test_form_with_a_filled_honeypot_is_200_and_a_reject(door: Door, kept: Kept) -> None:
    answer = submit(door, {"email": "robot@example.com", "_gotcha": "buy now"})
    assert answer["statusCode"] == 200
    assert (kept.codes(), kept.events(), kept.contacts()) == (["honeypot"], [], [])


@pytest.mark.parametrize("key", ["", "wrong"])
def test_form_without_its_key_is_401_and_kept(door: Door, kept: Kept, key: str) -> None:
    answer = door("/hooks/form/contact", b"email=a%40example.com", FORM_HEADERS, query=f"key={key}")
    assert answer["statusCode"] == 401
    assert kept.codes() == ["invalid_signature"]


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("", "https://shop.example.com/thanks"),
        ("https://shop.example.com/welcome?a=1", "https://shop.example.com/welcome?a=1"),
        ("https://evil.example.net/", "https://shop.example.com/thanks"),
        ("https://shop.example.com@evil.example.net/", "https://shop.example.com/thanks"),
        ("https://shop.example.com:8443/", "https://shop.example.com/thanks"),
        ("http://shop.example.com/", "https://shop.example.com/thanks"),
        ("//evil.example.net", "https://shop.example.com/thanks"),
        ("https://shop.example.com\\@evil.example.net", "https://shop.example.com/thanks"),
        ("https://shop.example.com/\r\nSet-Cookie: a=1", "https://shop.example.com/thanks"),
        ("javascript:alert(1)", "https://shop.example.com/thanks"),
    ],
)
def test_browser_is_sent_on_only_within_the_shop(door: Door, wanted: str, location: str) -> None:
    fields = {"email": "zebedee@example.com", "_next": wanted}
    answer = submit(door, fields, Accept="text/html,application/xhtml+xml")
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, location)


def test_browser_sees_thanks_when_no_page_is_set_up(door: Door, aws: MotoStack) -> None:
    Sources("test-control", aws.dynamodb).save_source(Source(channel="form", source="contact"))
    fields = {"email": "zebedee@example.com", "_next": "https://evil.example.net/"}
    answer = submit(door, fields, Accept="text/html")
    assert answer["statusCode"] == 200
    assert "Thank you" in answer["body"]


@pytest.fixture
def probed(door: Door, aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Door:
    """The door with a source whose provider tries its address."""
    monkeypatch.setitem(CHANNELS, "probing", "tests.support.probing_channel:CHANNEL")
    Sources("test-control", aws.dynamodb).save_source(Source(channel="probing", source="main"))
    aws.put_secrets("probing/main", "canary")
    return door


def probe(probed: Door, query: str, method: str = "GET") -> dict[str, Any]:
    return probed("/hooks/probing/main", b"", {}, method=method, query=query)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_challenge_is_sent_back_as_text_and_not_recorded(
    probed: Door, kept: Kept, method: str
) -> None:
    answer = probe(probed, "challenge=%3Cb%3E1&token=canary", method)
    assert (answer["statusCode"], answer["body"]) == (200, "<b>1")
    assert answer["headers"]["content-type"] == "text/plain"
    assert answer["headers"]["x-content-type-options"] == "nosniff"
    assert (kept.events(), kept.rejects()) == ([], [])


def test_challenge_without_the_secret_is_403_and_kept(probed: Door, kept: Kept) -> None:
    answer = probe(probed, "challenge=1&token=wrong")
    assert answer["statusCode"] == 403
    assert kept.codes() == ["invalid_signature"]


def test_probe_that_asks_nothing_is_404(probed: Door) -> None:
    assert probe(probed, "a=1")["statusCode"] == 404


def test_delivery_is_answered_as_its_provider_expects(probed: Door) -> None:
    headers = {"Host": "api.example.com", "X-Url": "https://api.example.com/hooks/probing/main"}
    answer = probed("/hooks/probing/main", b"{}", headers, query="a=1")
    assert (answer["statusCode"], answer["body"]) == (200, "success")


def test_url_that_was_set_up_is_the_one_that_counts(probed: Door, aws: MotoStack) -> None:
    public = "https://hooks.example.com/in"
    Sources("test-control", aws.dynamodb).save_source(
        Source(channel="probing", source="main", config={"url": public})
    )
    headers = {"Host": "api.example.com", "X-Url": public}
    assert probed("/hooks/probing/main", b"{}", headers)["statusCode"] == 200


def test_delivery_of_several_recipients_is_several_events(door: Door, kept: Kept) -> None:
    opened = {"event": "open", "time": 1795300000, "email": "anna@example.com"}
    body = json.dumps([{**opened, "MessageID": 1}, {**opened, "MessageID": 2}]).encode()
    headers = {"Content-Type": "application/json"}
    answer = door("/hooks/mailjet/main", body, headers, query=f"token={FORM_KEY}")
    assert (answer["statusCode"], json.loads(answer["body"])["new"]) == (200, 2)
    assert [event.type for event in kept.events()] == ["Email Opened", "Email Opened"]


def test_fault_in_a_translation_is_kept_and_replayed_after_the_fix(
    door: Door, owner: Owner, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.delattr("regulars.channels.commerce.shopify.webhook.order_of")
        answer = deliver(door, json.dumps(shopify.order()).encode())
    assert (answer["statusCode"], kept.codes(), kept.events()) == (200, ["untranslatable"], [])
    assert owner("replay", "--source", "shopify/main")["new events"] == 1
