"""Checks captured payloads: each must become the canonical event that its manifest names.

A payload is not signed with a secret of ours, so the check replaces the verification. All other code is the real endpoint's.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from regulars.channels.registry import CHANNELS
from regulars.transport.requests import read_api_key
from tests.conformance import file_imports
from tests.conformance.email_addresses import find_addresses
from tests.conformance.endpoints import (
    TRACKING_PROVIDER,
    Endpoints,
    ProviderRequest,
    RequestOutcome,
    channel_name,
)
from tests.support.verification import accept_deliveries

type Payload = dict[str, Any]

MANIFEST_NAME = "MANIFEST.json"
FILE_PROVIDER = "csv"  # marks an export for the importer, which is not a delivery


def read_payloads(folder: Path) -> list[Payload]:
    """Return the deliveries and files of a folder, each with its path."""
    payloads: list[Payload] = json.loads((folder / MANIFEST_NAME).read_text())
    return [payload | {"path": _find_payload(folder, payload["file"])} for payload in payloads]


def find_failures(endpoints: Endpoints, payload: Payload) -> Iterator[str]:
    """Send a payload and yield every difference from its manifest."""
    endpoints.reset()
    if payload["provider"] == FILE_PROVIDER:
        yield from file_imports.find_failures(endpoints, payload)
    elif payload["provider"] == TRACKING_PROVIDER:
        outcome = endpoints.send(request_from_payload(payload))
        yield from _check_tracking(outcome, payload["topic"])
    elif channel_name(payload["provider"]) not in CHANNELS:
        yield "there is no such channel"
    else:
        with accept_deliveries(channel_name(payload["provider"])):
            outcome = endpoints.send(request_from_payload(payload))
        yield from _check_webhook(outcome, payload["canonical"])


def request_from_payload(payload: Payload) -> ProviderRequest:
    """Convert a payload into the request that delivered it."""
    headers = {"Content-Type": payload["content_type"]} | payload["headers"]
    path = headers.pop(":path", f"/hooks/{payload['provider']}/src_1")
    method = headers.pop(":method", "POST")
    lowercase_headers = {name.lower(): value for name, value in headers.items()}
    return ProviderRequest(
        provider=payload["provider"],
        method=method,
        url=f"https://hooks.example.com{path}",
        headers=headers,
        body=payload["path"].read_bytes(),
        now=datetime.now(UTC),
        secrets=tuple(filter(None, [read_api_key(lowercase_headers)])) or ("made-up",),
    )


def _check_webhook(outcome: RequestOutcome, canonical: str) -> Iterator[str]:
    types = {event.type for event in outcome.events}
    expected_types = set(canonical.split("|")) if canonical else set()
    if outcome.status >= 500 or (expected_types and outcome.status >= 300):
        yield f"response {outcome.status} {outcome.body}"
    if addresses := sorted(
        {address for event in outcome.events for address in find_addresses(event)}
    ):
        yield f"e-mail addresses in the ledger: {addresses}"
    if not types >= expected_types or (types and not expected_types):
        codes = [reject["code"] for reject in outcome.rejects]
        yield f"events {sorted(types)} instead of {sorted(expected_types)}; rejects: {codes}"


def _check_tracking(outcome: RequestOutcome, topic: str) -> Iterator[str]:
    counts = (outcome.status, len(outcome.events))
    if counts != (200, topic.count("+") + 1) or outcome.rejects:
        codes = [reject["code"] for reject in outcome.rejects]
        yield f"response {outcome.status}: {len(outcome.events)} events; rejects: {codes}"


def _find_payload(folder: Path, file: str) -> Path:
    """Return the path of a payload.

    The manifest names it relative to its own folder, or to the folder above, in which its own may have another name.
    """
    candidates = (folder / file, folder.joinpath(*Path(file).parts[1:]))
    return next((path for path in candidates if path.is_file()), folder.parent / file)
