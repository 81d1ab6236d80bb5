"""Checks signature vectors: valid and altered requests, each with the verdict that the verifier must return."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.conformance.endpoints import (
    TRACKING_PROVIDER,
    Endpoints,
    ProviderRequest,
    RequestOutcome,
)

type Vector = dict[str, Any]


def read_vectors(path: Path) -> list[Vector]:
    """Return the vectors of a file."""
    vectors: list[Vector] = json.loads(path.read_text())["vectors"]
    return vectors


def find_failures(endpoints: Endpoints, vector: Vector) -> Iterator[str]:
    """Send the request of a vector and yield every difference from the expected result."""
    endpoints.reset()
    request = request_from_vector(vector)
    earlier_ids: set[str] = set()
    if vector["config"].get("token_seen_before"):
        earlier_ids = {event.id for event in endpoints.send(_replace_event_id(request)).events}
    outcome = endpoints.send(request)
    expected = vector["expect"]
    expected_response = expected.get("response") or {}
    if expected["verdict"] == "accept":
        yield from _check_acceptance(outcome, expected_response)
    else:
        yield from _check_refusal(outcome, expected["reason"], vector["provider"])
    if status := expected_response.get("status"):
        yield from _compare("status", outcome.status, status)
    if earlier_ids:
        yield from _compare("events", {event.id for event in outcome.events}, earlier_ids)


def request_from_vector(vector: Vector) -> ProviderRequest:
    """Convert a vector into the request that it describes."""
    request, config = vector["request"], dict(vector["config"])
    certificates = config.pop("certs", {})
    # For PayPal, the id of the webhook is the secret of our source.
    secrets = tuple(vector["secrets"]) or tuple(filter(None, [config.pop("webhook_id", "")]))
    # The URL that the provider was configured with, or else the one that it called.
    url = config.get("public_url") or config.get("notification_url") or _strip_query(request["url"])
    return ProviderRequest(
        provider=vector["provider"],
        method=request["method"],
        url=request["url"],
        headers=request["headers"],
        body=base64.b64decode(request["body_b64"]),
        now=datetime.fromtimestamp(vector["now"], UTC),
        secrets=secrets,
        config=config | {"url": url},
        certificates=certificates,
    )


def _strip_query(url: str) -> str:
    return url.partition("?")[0]


def _replace_event_id(request: ProviderRequest) -> ProviderRequest:
    body = json.loads(request.body)
    body["event-data"]["id"] = "the-genuine-one"
    return replace(request, body=json.dumps(body).encode())


def _check_acceptance(outcome: RequestOutcome, expected: dict[str, Any]) -> Iterator[str]:
    if not 200 <= outcome.status < 300:
        yield f"refused: {outcome.status} {outcome.body}"
    if "body" in expected:
        yield from _compare("body", outcome.body, expected["body"])
    if "content_type" in expected:
        content_type = outcome.content_type.partition(";")[0]
        yield from _compare("content type", content_type, expected["content_type"])
    if expected.get("store") is False or ("body" in expected and expected["body"] != "success"):
        yield from _compare("stored items", len(outcome.events) + len(outcome.rejects), 0)
    if "confirm" in expected and expected["confirm"] not in outcome.fetched_urls:
        yield f"not confirmed at {expected['confirm']}"


def _check_refusal(outcome: RequestOutcome, reason: str, provider: str) -> Iterator[str]:
    yield from _compare("events", len(outcome.events), 0)
    if provider == TRACKING_PROVIDER:
        # A tracking SDK with an unknown key gets 200: with another status it would retry for ever. Nothing is stored of it.
        yield from _compare("status", outcome.status, 401 if reason == "missing" else 200)
        yield from _compare("rejects", outcome.rejects, [])
    elif outcome.status == 404 or not (400 <= outcome.status < 500 or _is_waiting(outcome)):
        yield f"not refused: {outcome.status} {outcome.body}"
    elif outcome.status in {401, 403} and reason and f": {reason}." not in outcome.body:
        yield f"refused for a reason other than {reason}: {outcome.body}"


def _is_waiting(outcome: RequestOutcome) -> bool:
    """Return whether the source has no secret yet and therefore accepts nothing."""
    return outcome.status == 503 and '"source_waiting"' in outcome.body


def _compare(subject: str, actual: object, expected: object) -> Iterator[str]:
    if actual != expected:
        yield f"{subject}: {actual!r} instead of {expected!r}"
