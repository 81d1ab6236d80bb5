"""Samples sent to sources, with the real receiving function behind the URL."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from regulars.admin.delivery_response import DeliveryResponse, post_request
from regulars.admin.errors import (
    SourceWithoutSecretError,
    UnreachableUrlError,
    UnusableSecretError,
)
from regulars.admin.sample_delivery import SampleResult, send_sample
from regulars.admin.sample_request import SampleStores
from regulars.admin.source_connection import ConnectionRequest, connect_source
from regulars.admin.sources import disable_source
from regulars.channels.contract import Request
from regulars.channels.registry import CHANNELS
from tests.functions.conftest import Deliver, StackTables
from tests.support import shopify_deliveries as shopify
from tests.support.aws import MotoStack
from tests.support.channel_answers import (
    ONLY_THEY_SIGN,
    find_required_secret,
    list_required_answers,
)
from tests.support.deployment import build_deployment

NOW = datetime(2026, 11, 20, tzinfo=UTC)

type Post = Callable[[Request], DeliveryResponse]
type Send = Callable[[str], SampleResult]


@pytest.fixture
def stores(aws: MotoStack) -> SampleStores:
    return SampleStores.from_deployment(build_deployment())


@pytest.fixture
def post(deliver: Deliver) -> Post:
    """Gives a request to the receiving function, and returns what its sender reads."""

    def read_response(request: Request) -> DeliveryResponse:
        response = deliver(request)
        return DeliveryResponse(response["statusCode"], response["body"])

    return read_response


@pytest.fixture
def send(stores: SampleStores, post: Post) -> Send:
    """Sends a sample to the source `main` of a channel."""
    return lambda channel: send_sample(stores, channel, "main", post=post)


def connect(stores: SampleStores, channel: str, secret: str = "", **answers: str) -> None:
    """Connect the source `main` of a channel."""
    request = ConnectionRequest(channel=channel, name="main", secret=secret, answers=answers)
    connect_source(stores.sources, request)


class PreparedResponses:
    """Returns the given responses, one after another."""

    def __init__(self, *responses: tuple[int, str]) -> None:
        self._responses = [DeliveryResponse(*response) for response in responses]

    def __call__(self, _request: Request) -> DeliveryResponse:
        return self._responses.pop(0)


def test_stored_sample_is_found_in_the_ledger(
    stores: SampleStores, send: Send, tables: StackTables
) -> None:
    connect(stores, "shopify", shopify.SECRET)
    sample = send("shopify")
    assert (sample.response.status, sample.outcome) == (200, "stored")
    assert sample.event_types == ("Order Created",)
    assert [event.test for event in tables.list_events()] == [True]


def test_sample_of_a_form_is_set_aside(
    stores: SampleStores, send: Send, tables: StackTables
) -> None:
    connect(stores, "form")
    sample = send("form")
    assert (sample.response.status, sample.outcome) == (200, "set_aside")
    assert sample.reject_code == "honeypot"
    assert tables.list_contacts() == []


@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_sample_of_every_channel_is_accepted_and_creates_nobody(
    stores: SampleStores, send: Send, tables: StackTables, channel: str
) -> None:
    connect(stores, channel, find_required_secret(channel), **list_required_answers(channel))
    outcomes = {"reached"} if channel in ONLY_THEY_SIGN else {"stored", "set_aside"}
    assert send(channel).outcome in outcomes
    assert (tables.list_contacts(), tables.list_rejects()) == ([], [])
    assert all(event.test or not event.subjects for event in tables.list_events())


def test_sample_of_a_disabled_source_is_refused(
    stores: SampleStores, send: Send, tables: StackTables
) -> None:
    connect(stores, "shopify", shopify.SECRET)
    disable_source(stores.sources, "shopify", "main")
    sample = send("shopify")
    assert (sample.outcome, sample.response.status, sample.is_disabled) == ("refused", 404, True)
    assert tables.list_rejects() == []


def test_public_key_signs_no_sample(stores: SampleStores, send: Send) -> None:
    connect(stores, "standard-webhooks", "whpk_" + "A" * 43 + "=")
    assert send("standard-webhooks").outcome == "reached"


def test_sample_needs_the_secret_of_its_source(stores: SampleStores, send: Send) -> None:
    connect(stores, "stripe")
    with pytest.raises(SourceWithoutSecretError):
        send("stripe")


def test_key_that_cannot_seal_is_an_error(stores: SampleStores, send: Send) -> None:
    connect(stores, "wechat", app_id="wx1", encoding_aes_key="short")
    with pytest.raises(UnusableSecretError, match="cannot sign"):
        send("wechat")


def test_source_that_was_unknown_a_moment_ago_is_tried_again(stores: SampleStores) -> None:
    pauses: list[float] = []
    connect(stores, "form")
    post = PreparedResponses((404, '{"code": "not_found"}'), (200, "{}"))
    sample = send_sample(stores, "form", "main", post=post, sleep=pauses.append)
    assert (sample.outcome, pauses) == ("set_aside", [5.0])


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, {"code": "invalid_signature"}), (503, {"code": "source_waiting"}), (429, {})],
)
def test_refused_sample_carries_the_response(
    stores: SampleStores, status: int, body: dict[str, str]
) -> None:
    connect(stores, "form")
    post = PreparedResponses(*[(status, json.dumps(body))] * 2)
    sample = send_sample(stores, "form", "main", post=post, sleep=partial(min, 0))
    assert (sample.outcome, sample.is_accepted) == ("refused", False)
    assert (sample.response.status, sample.response.error[0]) == (status, body.get("code", ""))


def test_url_without_a_server_is_named() -> None:
    request = Request(
        source="main", body=b"", received_at=NOW, url="http://127.0.0.1:9/hooks/form/main"
    )
    with pytest.raises(UnreachableUrlError, match=r"at http://127\.0\.0\.1:9/hooks"):
        post_request(request)


def test_invalid_url_is_named_without_the_secret_in_it() -> None:
    request = Request(
        source="main", body=b"", received_at=NOW, url="http://x:99999/hooks", raw_query="key=canary"
    )
    with pytest.raises(UnreachableUrlError) as refused:
        post_request(request)
    assert "canary" not in str(refused.value)
