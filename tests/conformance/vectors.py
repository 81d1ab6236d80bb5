"""Signature vectors: genuine requests and damaged ones, each with the verdict a verifier must give."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.conformance.endpoints import TRACKING, Became, Doors, Sent

type Vector = dict[str, Any]


def read(path: Path) -> list[Vector]:
    """The vectors of a file."""
    vectors: list[Vector] = json.loads(path.read_text())["vectors"]
    return vectors


def failures(doors: Doors, vector: Vector) -> Iterator[str]:
    """What is not as the vector expects."""
    doors.clear()
    sent = request(vector)
    seen: set[str] = set()
    if vector["config"].get("token_seen_before"):
        seen = {event.id for event in doors.send(_with_another_id(sent)).events}
    became = doors.send(sent)
    expected = vector["expect"]
    wanted = expected.get("response") or {}
    if expected["verdict"] == "accept":
        yield from _unlike_accepted(became, wanted)
    else:
        yield from _unlike_refused(became, expected["reason"], vector["provider"])
    if status := wanted.get("status"):
        yield from _unlike("status", became.status, status)
    if seen:
        yield from _unlike("events", {event.id for event in became.events}, seen)


def request(vector: Vector) -> Sent:
    """The request of a vector."""
    said, config = vector["request"], dict(vector["config"])
    certificates = config.pop("certs", {})
    # PayPal's webhook id is what a source of ours is connected with.
    secrets = tuple(vector["secrets"]) or tuple(filter(None, [config.pop("webhook_id", "")]))
    # The URL that the provider was given; where none is said, the one it called.
    url = config.get("public_url") or config.get("notification_url") or _without_query(said["url"])
    return Sent(
        vector["provider"],
        said["method"],
        said["url"],
        said["headers"],
        base64.b64decode(said["body_b64"]),
        datetime.fromtimestamp(vector["now"], UTC),
        secrets,
        config | {"url": url},
        certificates,
    )


def _without_query(url: str) -> str:
    return url.partition("?")[0]


def _with_another_id(sent: Sent) -> Sent:
    body = json.loads(sent.body)
    body["event-data"]["id"] = "the-genuine-one"
    return replace(sent, body=json.dumps(body).encode())


def _unlike_accepted(became: Became, wanted: dict[str, Any]) -> Iterator[str]:
    if not 200 <= became.status < 300:
        yield f"refused: {became.status} {became.body}"
    if "body" in wanted:
        yield from _unlike("body", became.body, wanted["body"])
    if "content_type" in wanted:
        kind = became.content_type.partition(";")[0]
        yield from _unlike("content type", kind, wanted["content_type"])
    if wanted.get("store") is False or ("body" in wanted and wanted["body"] != "success"):
        yield from _unlike("kept", len(became.events) + len(became.rejects), 0)
    if "confirm" in wanted and wanted["confirm"] not in became.fetched:
        yield f"not confirmed at {wanted['confirm']}"


def _unlike_refused(became: Became, reason: str, provider: str) -> Iterator[str]:
    yield from _unlike("events", len(became.events), 0)
    if provider == TRACKING:
        # A tracking SDK with an unknown key is told 200, or it would try for ever.
        codes = [reject["code"] for reject in became.rejects]
        expected = "unauthorized" if reason == "missing" else "unknown_write_key"
        yield from _unlike("rejects", codes, [expected])
    elif became.status == 404 or not (400 <= became.status < 500 or _waits(became)):
        yield f"not refused: {became.status} {became.body}"
    elif became.status in {401, 403} and reason and f": {reason}." not in became.body:
        yield f"refused for another reason than {reason}: {became.body}"


def _waits(became: Became) -> bool:
    """Whether the source has no secret yet, and takes nothing before it has one."""
    return became.status == 503 and '"source_waiting"' in became.body


def _unlike(what: str, got: object, wanted: object) -> Iterator[str]:
    if got != wanted:
        yield f"{what}: {got!r} instead of {wanted!r}"
