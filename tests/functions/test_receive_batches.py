"""Checks a delivery of several items: the valid ones are recorded, and the delivery is stored for the invalid ones."""

import json
from collections.abc import Iterator

import pytest

from regulars.channels.mail import mailjet
from tests.conformance.endpoints import Endpoints, ProviderRequest, open_endpoints
from tests.support.deliveries import EMAIL_ADDRESS, EVENT_EPOCH, NOW

VALID_ITEM = {"event": "open", "time": EVENT_EPOCH, "email": EMAIL_ADDRESS, "MessageID": 1}
INVALID_ITEM = {"event": "surprise", "time": EVENT_EPOCH, "email": EMAIL_ADDRESS, "MessageID": 2}
JSON_HEADERS = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def endpoints() -> Iterator[Endpoints]:
    with open_endpoints() as opened:
        yield opened


def build_request(items: list[dict[str, object]]) -> ProviderRequest:
    return ProviderRequest(
        provider="mailjet",
        method="POST",
        url="https://hooks.example.com/hooks/mailjet/main?token=made-up",
        headers=JSON_HEADERS,
        body=json.dumps(items).encode(),
        now=NOW,
        secrets=("made-up",),
    )


def test_valid_items_are_recorded_when_another_is_invalid(endpoints: Endpoints) -> None:
    endpoints.reset()
    outcome = endpoints.send(build_request([INVALID_ITEM, VALID_ITEM]))
    assert (outcome.status, json.loads(outcome.body)["new"]) == (200, 1)
    assert [event.type for event in outcome.events] == ["Email Opened"]
    assert [reject["code"] for reject in outcome.rejects] == ["unknown_topic"]


def test_invalid_item_alone_becomes_a_reject(endpoints: Endpoints) -> None:
    endpoints.reset()
    outcome = endpoints.send(build_request([INVALID_ITEM]))
    assert (outcome.status, outcome.events, len(outcome.rejects)) == (200, [], 1)


def test_error_in_one_item_does_not_stop_the_others(
    endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints.reset()
    build_event = mailjet._build_event
    builders = {1: lambda _: 1 / 0, 2: build_event, 3: build_event}
    monkeypatch.setattr(mailjet, "_build_event", lambda item: builders[item["MessageID"]](item))
    outcome = endpoints.send(
        build_request([INVALID_ITEM, VALID_ITEM, VALID_ITEM | {"MessageID": 3}])
    )
    assert (outcome.status, len(outcome.events)) == (200, 1)
    assert [reject["code"] for reject in outcome.rejects] == ["untranslatable"]
