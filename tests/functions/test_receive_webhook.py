"""Webhooks are recorded only with a valid signature, and each refused delivery is stored as a reject."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from regulars.channels.registry import CHANNELS
from regulars.settings import ReceiveWebhookSettings
from regulars.store.sources import Source, Sources
from tests.functions.conftest import StackTables
from tests.support import shopify_deliveries as shopify
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler
from tests.support.replays import replay_source

FORM_KEY = "form-key-1"
FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}

type PostWebhook = Callable[..., dict[str, Any]]


@pytest.fixture
def post_webhook(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> PostWebhook:
    """Post to the handler of a shop with a Shopify store, a form and a Mailjet account."""
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
    module = load_handler(
        "receive_webhook", aws.build_settings(ReceiveWebhookSettings), monkeypatch
    )

    def post(path: str, body: bytes, headers: dict[str, str], **rest: Any) -> dict[str, Any]:
        response: dict[str, Any] = module.handler(http_event(path, body, headers, **rest), None)
        return response

    return post


def post_order(
    post_webhook: PostWebhook, body: bytes, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    return post_webhook("/hooks/shopify/main", body, headers or shopify.build_headers(body))


def submit_form(
    post_webhook: PostWebhook, fields: dict[str, str], **headers: str
) -> dict[str, Any]:
    body = urlencode(fields).encode()
    return post_webhook(
        "/hooks/form/contact", body, FORM_HEADERS | headers, query=f"key={FORM_KEY}"
    )


def test_signed_order_is_stored_without_its_contact_data(
    post_webhook: PostWebhook, tables: StackTables
) -> None:
    response = post_order(post_webhook, json.dumps(shopify.build_order()).encode())
    assert (response["statusCode"], json.loads(response["body"])["new"]) == (200, 1)
    assert [event.type for event in tables.list_events()] == ["Order Completed"]
    assert tables.list_contacts()[0]["email"] == "zebedee@example.com"


def test_delivery_is_one_event_when_sent_twice(
    post_webhook: PostWebhook, tables: StackTables
) -> None:
    body = json.dumps(shopify.build_order()).encode()
    assert [json.loads(post_order(post_webhook, body)["body"])["known"] for _ in range(2)] == [0, 1]
    assert len(tables.list_events()) == 1


@pytest.mark.parametrize("signature", ["", "bm90IGl0", "ü"])
def test_forged_delivery_is_401_and_stored_as_reject(
    post_webhook: PostWebhook, tables: StackTables, signature: str
) -> None:
    body = json.dumps(shopify.build_order()).encode()
    response = post_order(post_webhook, body, shopify.build_headers(body, hmac_sha256=signature))
    assert response["statusCode"] == 401
    assert [(reject["code"], reject["raw"]) for reject in tables.list_rejects()] == [
        ("invalid_signature", body)
    ]
    assert tables.list_events() == []


def test_signed_body_is_400_when_it_is_not_json(
    post_webhook: PostWebhook, tables: StackTables
) -> None:
    assert post_order(post_webhook, b'{"id": ')["statusCode"] == 400
    assert tables.list_reject_codes() == ["invalid_json"]


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
def test_invalid_delivery_is_200_and_stored_as_reject(
    post_webhook: PostWebhook, tables: StackTables, topic: str, change: dict[str, Any], code: str
) -> None:
    body = json.dumps(shopify.build_order(**change)).encode()
    response = post_order(post_webhook, body, shopify.build_headers(body, topic))
    assert (response["statusCode"], json.loads(response["body"])["rejected"]) == (200, code)
    assert [(reject["code"], reject["raw"]) for reject in tables.list_rejects()] == [(code, body)]


@pytest.mark.parametrize("path", ["/hooks/shopify/other", "/hooks/unheard-of/main"])
def test_unknown_source_is_404_and_counted(
    post_webhook: PostWebhook, tables: StackTables, path: str
) -> None:
    body = json.dumps(shopify.build_order()).encode()
    assert post_webhook(path, body, shopify.build_headers(body))["statusCode"] == 404
    assert (tables.list_rejects(), tables.count_calls()) == ([], {"unknown_source": 1})


def test_too_long_source_name_is_not_looked_up(
    post_webhook: PostWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("regulars.store.sources.Sources.find_source")
    assert post_webhook(f"/hooks/form/{'x' * 3_000}", b"a=b", FORM_HEADERS)["statusCode"] == 404


def test_delivery_without_events_is_200_and_stores_nothing(
    post_webhook: PostWebhook, tables: StackTables
) -> None:
    body = json.dumps({"token": "t", "completed_at": "2026-11-20T08:00:00Z"}).encode()
    response = post_order(post_webhook, body, shopify.build_headers(body, "checkouts/update"))
    assert (response["statusCode"], json.loads(response["body"])["new"]) == (200, 0)
    assert (tables.list_events(), tables.list_rejects()) == ([], [])


def test_body_over_the_limit_is_413_and_stored(
    post_webhook: PostWebhook, tables: StackTables
) -> None:
    body = b" " * (4 * 1024 * 1024 + 1)
    response = post_order(post_webhook, body)
    error = json.loads(response["body"])
    assert (response["statusCode"], error["code"]) == (413, "payload_too_large")
    assert error["message"]
    assert tables.list_reject_codes() == ["payload_too_large"]


def test_disabled_source_is_404_and_delivery_is_stored(
    post_webhook: PostWebhook, tables: StackTables, aws: MotoStack
) -> None:
    Sources("test-control", aws.dynamodb).save_source(
        Source(channel="shopify", source="main", disabled=True)
    )
    assert post_order(post_webhook, json.dumps(shopify.build_order()).encode())["statusCode"] == 404
    assert (tables.list_reject_codes(), tables.count_calls()) == (["source_disabled"], {})


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
def test_probe_shows_the_address_and_stores_nothing(
    post_webhook: PostWebhook, tables: StackTables, method: str, query: str, status: int
) -> None:
    response = post_webhook("/hooks/shopify/main", b"", {}, method=method, query=query)
    assert response["statusCode"] == status
    assert (tables.list_events(), tables.list_rejects()) == ([], [])


def test_form_is_stored_without_its_free_text(
    post_webhook: PostWebhook, tables: StackTables
) -> None:
    fields = {"email": "zebedee@example.com", "message": "canary text", "newsletter": "on"}
    assert submit_form(post_webhook, fields)["statusCode"] == 200
    (event,) = tables.list_events()
    assert [(consent.channel, consent.status) for consent in event.consents] == [
        ("email", "granted")
    ]
    assert "canary" not in tables.read_ledger_text()


def test_form_is_rejected_with_200_when_honeypot_is_filled(
    post_webhook: PostWebhook, tables: StackTables
) -> None:
    response = submit_form(post_webhook, {"email": "robot@example.com", "_gotcha": "buy now"})
    assert response["statusCode"] == 200
    assert (tables.list_reject_codes(), tables.list_events(), tables.list_contacts()) == (
        ["honeypot"],
        [],
        [],
    )


@pytest.mark.parametrize("key", ["", "wrong"])
def test_form_is_401_and_stored_without_a_valid_key(
    post_webhook: PostWebhook, tables: StackTables, key: str
) -> None:
    response = post_webhook(
        "/hooks/form/contact", b"email=a%40example.com", FORM_HEADERS, query=f"key={key}"
    )
    assert response["statusCode"] == 401
    assert tables.list_reject_codes() == ["invalid_signature"]


@pytest.mark.parametrize(
    ("next_url", "location"),
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
def test_browser_is_redirected_only_within_the_shop(
    post_webhook: PostWebhook, next_url: str, location: str
) -> None:
    fields = {"email": "zebedee@example.com", "_next": next_url}
    response = submit_form(post_webhook, fields, Accept="text/html,application/xhtml+xml")
    assert (response["statusCode"], response["headers"]["location"]) == (303, location)


def test_browser_gets_thanks_when_no_page_is_configured(
    post_webhook: PostWebhook, aws: MotoStack
) -> None:
    Sources("test-control", aws.dynamodb).save_source(Source(channel="form", source="contact"))
    fields = {"email": "zebedee@example.com", "_next": "https://evil.example.net/"}
    response = submit_form(post_webhook, fields, Accept="text/html")
    assert response["statusCode"] == 200
    assert "Thank you" in response["body"]


@pytest.fixture
def post_probing(
    post_webhook: PostWebhook, aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> PostWebhook:
    """Post to a handler with a source whose provider checks the address."""
    monkeypatch.setitem(CHANNELS, "probing", "tests.support.probing_channel:CHANNEL")
    Sources("test-control", aws.dynamodb).save_source(Source(channel="probing", source="main"))
    aws.put_secrets("probing/main", "canary")
    return post_webhook


def send_probe(post_probing: PostWebhook, query: str, method: str = "GET") -> dict[str, Any]:
    return post_probing("/hooks/probing/main", b"", {}, method=method, query=query)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_challenge_is_returned_as_text_and_not_recorded(
    post_probing: PostWebhook, tables: StackTables, method: str
) -> None:
    response = send_probe(post_probing, "challenge=%3Cb%3E1&token=canary", method)
    assert (response["statusCode"], response["body"]) == (200, "<b>1")
    assert response["headers"]["content-type"] == "text/plain"
    assert response["headers"]["x-content-type-options"] == "nosniff"
    assert (tables.list_events(), tables.list_rejects()) == ([], [])


def test_challenge_is_403_and_stored_without_the_secret(
    post_probing: PostWebhook, tables: StackTables
) -> None:
    response = send_probe(post_probing, "challenge=1&token=wrong")
    assert response["statusCode"] == 403
    assert tables.list_reject_codes() == ["invalid_signature"]


def test_get_with_other_parameters_is_404(post_probing: PostWebhook) -> None:
    assert send_probe(post_probing, "a=1")["statusCode"] == 404


def test_delivery_gets_the_reply_of_its_channel(post_probing: PostWebhook) -> None:
    headers = {"Host": "api.example.com", "X-Url": "https://api.example.com/hooks/probing/main"}
    response = post_probing("/hooks/probing/main", b"{}", headers, query="a=1")
    assert (response["statusCode"], response["body"]) == (200, "success")


def test_configured_url_replaces_the_requested_url(
    post_probing: PostWebhook, aws: MotoStack
) -> None:
    public = "https://hooks.example.com/in"
    Sources("test-control", aws.dynamodb).save_source(
        Source(channel="probing", source="main", config={"url": public})
    )
    headers = {"Host": "api.example.com", "X-Url": public}
    assert post_probing("/hooks/probing/main", b"{}", headers)["statusCode"] == 200


def test_delivery_of_two_recipients_is_two_events(
    post_webhook: PostWebhook, tables: StackTables
) -> None:
    opened = {"event": "open", "time": 1795300000, "email": "anna@example.com"}
    body = json.dumps([{**opened, "MessageID": 1}, {**opened, "MessageID": 2}]).encode()
    headers = {"Content-Type": "application/json"}
    response = post_webhook("/hooks/mailjet/main", body, headers, query=f"token={FORM_KEY}")
    assert (response["statusCode"], json.loads(response["body"])["new"]) == (200, 2)
    assert [event.type for event in tables.list_events()] == ["Email Opened", "Email Opened"]


def test_delivery_is_replayed_after_a_translator_bug_is_fixed(
    post_webhook: PostWebhook, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.delattr("regulars.channels.commerce.shopify.resource_event.build_order")
        response = post_order(post_webhook, json.dumps(shopify.build_order()).encode())
    assert (response["statusCode"], tables.list_reject_codes(), tables.list_events()) == (
        200,
        ["untranslatable"],
        [],
    )
    assert replay_source("shopify/main")["new events"] == 1


def test_full_store_of_rejects_makes_a_genuine_delivery_try_again(
    post_webhook: PostWebhook, tables: StackTables, reject_limit: None
) -> None:
    body = json.dumps(shopify.build_order(id=None)).encode()
    assert post_order(post_webhook, body)["statusCode"] == 503
    forged = shopify.build_headers(body) | {"X-Shopify-Hmac-Sha256": "forged"}
    assert post_order(post_webhook, body, forged)["statusCode"] == 401
    assert (tables.list_rejects(), tables.count_calls()) == ([], {"over_limit": 1})
