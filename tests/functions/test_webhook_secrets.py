"""Deliveries are checked with the current secrets of their source, and forgeries do not make us read them each time."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from regulars.domain import timed_cache
from regulars.settings import ReceiveWebhookSettings
from regulars.store.parameters import Parameters
from regulars.store.sources import Source, Sources
from tests.functions.conftest import StackTables
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler

type PostToken = Callable[[str], int]


@pytest.fixture
def sources(aws: MotoStack) -> Sources:
    return Sources("test-control", aws.dynamodb)


@pytest.fixture
def call_handler(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Call the webhook handler of the test stack."""
    monkeypatch.setattr(timed_cache, "FRESH_SECONDS", 0.0)
    module = load_handler(
        "receive_webhook", aws.build_settings(ReceiveWebhookSettings), monkeypatch
    )

    def call(path: str, query: dict[str, str], body: bytes, method: str) -> dict[str, Any]:
        event = http_event(path, body, {}, method, urlencode(query))
        response: dict[str, Any] = module.handler(event, None)
        return response

    return call


@pytest.fixture
def post_token(call_handler: Callable[..., dict[str, Any]], sources: Sources) -> PostToken:
    """Post a delivery of Mailjet with a token; return the status."""
    sources.save_source(Source(channel="mailjet", source="main"))

    def post(token: str) -> int:
        body = json.dumps({"event": "sent", "email": "z@example.com", "time": 1_700_000_000})
        response = call_handler("/hooks/mailjet/main", {"token": token}, body.encode(), "POST")
        return int(response["statusCode"])

    return post


@pytest.fixture
def parameter_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the parameters that are read."""
    names: list[str] = []
    read = Parameters._read_parameter

    def count_read(self: Parameters, name: str) -> str | None:
        names.append(name)
        return read(self, name)

    monkeypatch.setattr(Parameters, "_read_parameter", count_read)
    return names


def test_delivery_is_503_when_source_has_no_secret(
    post_token: PostToken, tables: StackTables
) -> None:
    assert post_token("anything") == 503
    (reject,) = tables.list_rejects()
    assert reject["code"] == "source_waiting"
    assert "regulars connect" in reject["reason"]


def test_delivery_is_503_when_secret_is_blank(post_token: PostToken, aws: MotoStack) -> None:
    aws.put_secrets("mailjet/main", "")
    assert post_token("") == 503


def test_delivery_with_a_newer_secret_is_accepted_at_once(
    post_token: PostToken, aws: MotoStack
) -> None:
    aws.put_secrets("mailjet/main", "old")
    assert post_token("old") == 200
    aws.put_secrets("mailjet/main", "new", "old")
    assert [post_token("new"), post_token("old")] == [200, 200]


def test_removed_secret_is_refused_once_newer_are_read(
    post_token: PostToken, aws: MotoStack
) -> None:
    aws.put_secrets("mailjet/main", "first")
    assert post_token("first") == 200
    aws.put_secrets("mailjet/main", "third", "second")
    assert [post_token("third"), post_token("first")] == [200, 401]


def test_many_forgeries_read_the_secrets_once_more(
    post_token: PostToken, aws: MotoStack, parameter_reads: list[str]
) -> None:
    aws.put_secrets("mailjet/main", "old")
    assert post_token("old") == 200
    assert {post_token(f"forged-{number}") for number in range(20)} == {401}
    assert parameter_reads.count("sources/mailjet/main") == 2


def test_handshake_is_checked_with_current_credentials(
    call_handler: Callable[..., dict[str, Any]], sources: Sources, aws: MotoStack
) -> None:
    sources.save_source(Source(channel="messenger", source="main"))
    for word in ("first", "second"):
        aws.put_secrets("messenger/main", "app-secret", verify_token=word)
        query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "42"}
        response = call_handler("/hooks/messenger/main", query, b"", "GET")
        assert (response["statusCode"], response["body"]) == (200, "42")


def test_delivery_is_checked_with_current_configuration(
    call_handler: Callable[..., dict[str, Any]], sources: Sources, tables: StackTables
) -> None:
    sources.save_source(
        Source(channel="ses-sns", source="main", config={"topic_arns": "arn:mistyped"})
    )
    call_handler("/hooks/ses-sns/main", {}, b"", "GET")
    sources.save_source(Source(channel="ses-sns", source="main", config={"topic_arns": "arn:ours"}))
    body = json.dumps({"Signature": "AAAA", "TopicArn": "arn:ours"}).encode()
    call_handler("/hooks/ses-sns/main", {}, body, "POST")
    assert tables.list_rejects()[0]["reason"].endswith("cert_url.")
