"""Each door gives its events the trust of who can send through it."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from regulars.domain.trust import Trust, trust_of
from regulars.ingestion.stated_identifiers import DROPPED_PROPERTY
from regulars.settings import ImportHistorySettings, ReceiveWebhookSettings
from regulars.store.api_keys import Scope
from regulars.store.sources import Source, Sources
from tests.functions.conftest import StackTables, Track
from tests.functions.test_import_history import (
    KEY,
    LINE,
    PartLimitedContext,
    build_csv,
    build_upload_event,
)
from tests.support import shopify_deliveries as shopify
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler

FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
ADDRESSES = [f"person{number}@shop.example" for number in range(60)]
ATTACK_MESSAGE = {
    "type": "identify",
    "anonymousId": "a1",
    "messageId": "m1",
    "context": {"externalIds": [{"type": "email", "id": address} for address in ADDRESSES]},
}


@pytest.mark.parametrize(("scope", "count"), [("browser", 2 * (len(ADDRESSES) - 1)), ("server", 0)])
def test_dropped_identifiers_are_a_metric(
    track: Track, capsys: pytest.CaptureFixture[str], scope: Scope, count: int
) -> None:
    second = ATTACK_MESSAGE | {"messageId": "m2", "anonymousId": "a2"}
    track(scope, "/v1/batch", {"batch": [ATTACK_MESSAGE, second, {"type": "page", "userId": "u1"}]})
    lines = [line for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    metrics = [json.loads(line) for line in lines]
    assert [metric["DroppedIdentifiers"] for metric in metrics] == ([[count]] if count else [])


@pytest.mark.parametrize(
    ("scope", "trust", "addresses"),
    [("browser", Trust.BROWSER, 1), ("server", Trust.SERVER, len(ADDRESSES))],
)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/identify", ATTACK_MESSAGE),
        ("/v1/i", ATTACK_MESSAGE),
        ("/v1/batch", {"batch": [ATTACK_MESSAGE]}),
        ("/beacon/v1/batch", {"batch": [ATTACK_MESSAGE]}),
        (
            "/v1/batch",
            {"batch": [{"type": "page", "userId": "u1"}], "context": ATTACK_MESSAGE["context"]},
        ),
    ],
)
def test_message_has_the_trust_of_its_key(
    track: Track, path: str, body: dict[str, Any], scope: Scope, trust: Trust, addresses: int
) -> None:
    (event,) = track(scope, path, body)
    assert trust_of(event) is trust
    assert len([subject for subject in event.subjects if subject.startswith("e:")]) == addresses
    assert event.properties.get(DROPPED_PROPERTY, 0) == len(ADDRESSES) - addresses


def test_browser_cannot_take_the_id_of_a_message_of_the_server(track: Track) -> None:
    track("browser", "/v1/identify", ATTACK_MESSAGE)
    events = track("server", "/v1/identify", ATTACK_MESSAGE)
    assert {trust_of(event) for event in events} == {Trust.BROWSER, Trust.SERVER}


def test_contact_data_of_one_person_is_stored(track: Track, tables: StackTables) -> None:
    track(
        "browser",
        "/v1/identify",
        ATTACK_MESSAGE | {"traits": {"email": ADDRESSES[7], "name": "Uma"}},
    )
    assert tables.list_contacts() == [{"email": ADDRESSES[7], "name": "Uma"}]


@pytest.mark.parametrize(
    ("channel", "secret", "headers", "body", "trust"),
    [
        ("shopify", shopify.SECRET, {}, json.dumps(shopify.build_order()).encode(), "VERIFIED"),
        ("form", "key-1", FORM_HEADERS, urlencode({"email": ADDRESSES[0]}).encode(), "BROWSER"),
    ],
)
def test_webhook_is_trusted_when_its_provider_signs(  # noqa: PLR0913, PLR0917 (a table)
    aws: MotoStack,
    tables: StackTables,
    monkeypatch: pytest.MonkeyPatch,
    channel: str,
    secret: str,
    headers: dict[str, str],
    body: bytes,
    trust: str,
) -> None:
    Sources("test-control", aws.dynamodb).save_source(Source(channel=channel, source="main"))
    aws.put_secrets(f"{channel}/main", secret)
    settings = aws.build_settings(ReceiveWebhookSettings)
    module = load_handler("receive_webhook", settings, monkeypatch)
    request = http_event(
        f"/hooks/{channel}/main",
        body,
        headers or shopify.build_headers(body),
        query=f"key={secret}",
    )
    assert module.handler(request, None)["statusCode"] == 200
    assert [trust_of(event) for event in tables.list_events()] == [Trust[trust]]


def test_file_of_the_owner_is_verified(
    aws: MotoStack, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = aws.build_settings(ImportHistorySettings)
    module = load_handler("import_history", settings, monkeypatch)
    aws.s3.put_object(Bucket="test-uploads", Key=KEY, Body=build_csv(LINE).encode())
    module.handler(build_upload_event(KEY), PartLimitedContext())
    assert {trust_of(event) for event in tables.list_events()} == {Trust.VERIFIED}
