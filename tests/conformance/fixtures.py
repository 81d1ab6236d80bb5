"""Payloads as providers send them: each becomes the canonical event that its manifest names.

A payload carries no signature of ours, so `verify` is left out; everything else is the real door.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from regulars.channels.registry import CHANNELS
from regulars.domain.events import Event, encode
from regulars.transport.requests import read_api_key
from tests.conformance import files
from tests.conformance.doors import CHANNEL_OF, TRACKING, Became, Doors, Sent
from tests.support.verification import accept_deliveries

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")

type Fixture = dict[str, Any]

MANIFEST = "MANIFEST.json"
FILES = "csv"  # no delivery: what the importer takes


def read(folder: Path) -> list[Fixture]:
    """The deliveries and files of a folder, each with its path."""
    listed: list[Fixture] = json.loads((folder / MANIFEST).read_text())
    return [fixture | {"path": _path(folder, fixture["file"])} for fixture in listed]


def failures(doors: Doors, fixture: Fixture) -> Iterator[str]:
    """What is not as the manifest expects."""
    doors.clear()
    if fixture["provider"] == FILES:
        yield from files.failures(doors, fixture)
        return
    if fixture["provider"] == TRACKING:
        yield from _unlike_tracked(doors.send(request(fixture)), fixture["topic"])
        return
    channel = CHANNEL_OF.get(fixture["provider"], fixture["provider"])
    if channel not in CHANNELS:
        yield "there is no such channel"
        return
    with accept_deliveries(channel):
        became = doors.send(request(fixture))
    types = {event.type for event in became.events}
    codes = [reject["code"] for reject in became.rejects]
    wanted = set(fixture["canonical"].split("|")) if fixture["canonical"] else set()
    if became.status >= 500 or (wanted and became.status >= 300):
        yield f"answered {became.status} {became.body}"
    if leaked := sorted(
        {found for event in became.events for found in _EMAIL.findall(_text(event))}
    ):
        yield f"e-mail addresses in the ledger: {leaked}"
    if not types >= wanted or (types and not wanted):
        yield f"became {sorted(types)} instead of {sorted(wanted)}; set aside: {codes}"


def request(fixture: Fixture) -> Sent:
    """The request that brought a payload."""
    headers = {"Content-Type": fixture["content_type"]} | fixture["headers"]
    path = headers.pop(":path", f"/hooks/{fixture['provider']}/src_1")
    method = headers.pop(":method", "POST")
    lowered = {name.lower(): value for name, value in headers.items()}
    return Sent(
        fixture["provider"],
        method,
        f"https://hooks.example.com{path}",
        headers,
        fixture["path"].read_bytes(),
        datetime.now(UTC),
        tuple(filter(None, [read_api_key(lowered)])) or ("made-up",),
    )


def _unlike_tracked(became: Became, topic: str) -> Iterator[str]:
    if (became.status, len(became.events)) != (200, topic.count("+") + 1) or became.rejects:
        codes = [reject["code"] for reject in became.rejects]
        yield f"answered {became.status}: {len(became.events)} events; set aside: {codes}"


def _text(event: Event) -> str:
    return encode(event).decode()


def _path(folder: Path, file: str) -> Path:
    """Where a payload lies: named from within the folder, or from beside it, where the folder may be called otherwise."""
    within = (folder / file, folder.joinpath(*Path(file).parts[1:]))
    return next((path for path in within if path.is_file()), folder.parent / file)
