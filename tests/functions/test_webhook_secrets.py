"""The secrets of a source at the door: missing, rotated, set up anew, and never read as often as forgers knock."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from regulars.domain import timed_cache
from regulars.settings import ReceiveWebhookSettings
from regulars.store.parameters import Parameters
from regulars.store.sources import Source, Sources
from tests.functions.conftest import Kept
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, loaded

type Door = Callable[[str], int]


@pytest.fixture
def sources(aws: MotoStack) -> Sources:
    return Sources("test-control", aws.dynamodb)


@pytest.fixture
def handler(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The door of a shop with a Mailjet account."""
    monkeypatch.setattr(timed_cache, "FRESH_SECONDS", 0.0)
    module = loaded("receive_webhook", aws.build_settings(ReceiveWebhookSettings), monkeypatch)

    def call(path: str, query: dict[str, str], body: bytes, method: str) -> dict[str, Any]:
        event = http_event(path, body, {}, method, urlencode(query))
        answer: dict[str, Any] = module.handler(event, None)
        return answer

    return call


@pytest.fixture
def door(handler: Callable[..., dict[str, Any]], sources: Sources) -> Door:
    """What a delivery of Mailjet's is answered that shows this token."""
    sources.save_source(Source(channel="mailjet", source="main"))

    def deliver(token: str) -> int:
        said = json.dumps({"event": "sent", "email": "z@example.com", "time": 1_700_000_000})
        answer = handler("/hooks/mailjet/main", {"token": token}, said.encode(), "POST")
        return int(answer["statusCode"])

    return deliver


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parameters that were read."""
    names: list[str] = []
    read = Parameters._read_parameter

    def counted(self: Parameters, name: str) -> str | None:
        names.append(name)
        return read(self, name)

    monkeypatch.setattr(Parameters, "_read_parameter", counted)
    return names


def test_source_without_its_secret_asks_for_a_retry_and_says_why(door: Door, kept: Kept) -> None:
    assert door("anything") == 503
    (reject,) = kept.rejects()
    assert reject["code"] == "source_waiting"
    assert "regulars connect" in reject["reason"]


def test_blank_secret_opens_nothing(door: Door, aws: MotoStack) -> None:
    aws.put_secrets("mailjet/main", "")
    assert door("") == 503


def test_delivery_with_a_newer_secret_than_the_known_ones_is_taken_at_once(
    door: Door, aws: MotoStack
) -> None:
    aws.put_secrets("mailjet/main", "old")
    assert door("old") == 200
    aws.put_secrets("mailjet/main", "new", "old")
    assert [door("new"), door("old")] == [200, 200]


def test_secret_that_was_rotated_away_is_refused_once_the_newer_are_known(
    door: Door, aws: MotoStack
) -> None:
    aws.put_secrets("mailjet/main", "first")
    assert door("first") == 200
    aws.put_secrets("mailjet/main", "third", "second")
    assert [door("third"), door("first")] == [200, 401]


def test_flood_of_forgeries_reads_the_secrets_once_more(
    door: Door, aws: MotoStack, reads: list[str]
) -> None:
    aws.put_secrets("mailjet/main", "old")
    assert door("old") == 200
    assert {door(f"forged-{number}") for number in range(20)} == {401}
    assert reads.count("sources/mailjet/main") == 2


def test_handshake_is_checked_with_the_credentials_of_now(
    handler: Callable[..., dict[str, Any]], sources: Sources, aws: MotoStack
) -> None:
    sources.save_source(Source(channel="messenger", source="main"))
    for word in ("first", "second"):
        aws.put_secrets("messenger/main", "app-secret", verify_token=word)
        asked = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "42"}
        answer = handler("/hooks/messenger/main", asked, b"", "GET")
        assert (answer["statusCode"], answer["body"]) == (200, "42")


def test_what_was_set_up_anew_is_what_a_delivery_is_checked_with(
    handler: Callable[..., dict[str, Any]], sources: Sources, kept: Kept
) -> None:
    sources.save_source(
        Source(channel="ses-sns", source="main", config={"topic_arns": "arn:mistyped"})
    )
    handler("/hooks/ses-sns/main", {}, b"", "GET")
    sources.save_source(Source(channel="ses-sns", source="main", config={"topic_arns": "arn:ours"}))
    body = json.dumps({"Signature": "AAAA", "TopicArn": "arn:ours"}).encode()
    handler("/hooks/ses-sns/main", {}, body, "POST")
    assert kept.rejects()[0]["reason"].endswith("cert_url.")
