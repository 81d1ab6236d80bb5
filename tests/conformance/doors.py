"""The real handlers on moto, for one delivery at a time: what is sent, when, and what came of it."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from moto import mock_aws

from regulars.domain.events import Event, decode
from regulars.settings import ImportHistorySettings, ReceiveWebhookSettings, TrackEventsSettings
from regulars.store.api_keys import Keys
from regulars.store.rejects import Rejects
from regulars.store.sources import Source, Sources
from tests.support import aws as stack
from tests.support.gateway import http_event, loaded

FUNCTIONS = Path(__file__).parents[2] / "functions"
# A provider in the files' words → the channel of ours; others have the same name.
CHANNEL_OF = {"html-form": "form", "meta": "messenger"}
TRACKING = "segment"
TABLES = {"test-events": ("event_id",), "test-rejects": ("day", "reject_id")}


@dataclass(frozen=True)
class Sent:
    """One request of a provider to a source with these secrets and this configuration, at this time."""

    provider: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    now: datetime
    secrets: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Became:
    """What a request was answered, and what it left behind."""

    status: int
    body: str
    content_type: str
    events: list[Event]
    rejects: list[dict[str, Any]]
    fetched: list[str]


class Doors:
    """The webhook door and the tracking door of one test stack."""

    def __init__(self, deployed: stack.Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
        self._deployed = deployed
        self._monkeypatch = monkeypatch
        self._count = 0
        self._webhooks = loaded(
            "receive_webhook", deployed.settings(ReceiveWebhookSettings), monkeypatch
        )
        self._tracking = loaded("track_events", deployed.settings(TrackEventsSettings), monkeypatch)

    def send(self, sent: Sent) -> Became:
        """Send one request; what an earlier one left stays, until `clear`."""
        fetched: list[str] = []
        module, path = self._tracked(sent) if sent.provider == TRACKING else self._hooked(sent)
        self._monkeypatch.setattr(module, "datetime", _clock(sent.now))
        if sent.provider != TRACKING:
            self._monkeypatch.setattr(
                module, "fetch_certificate", _fetching(sent.certificates, fetched)
            )
        parts = urlsplit(sent.url)
        headers = {"Host": parts.netloc} | sent.headers
        event = http_event(path, sent.body, headers, sent.method, parts.query)
        answer = module.handler(event, None)
        kind = answer.get("headers", {}).get("content-type", "")
        status, body = answer["statusCode"], answer.get("body", "")
        return Became(status, body, kind, self._events(), self._rejects(sent.now), fetched)

    def upload(self, key: str, path: Path) -> dict[str, Any]:
        """Drop a file into the uploads bucket, and read the report that lies beside it then."""
        module = loaded(
            "import_history", self._deployed.settings(ImportHistorySettings), self._monkeypatch
        )
        self._deployed.s3.upload_file(str(path), "test-uploads", key)
        module.handler(
            {"detail": {"bucket": {"name": "test-uploads"}, "object": {"key": key}}}, _Hours()
        )
        report = self._deployed.s3.get_object(Bucket="test-uploads", Key=f"{key}.report.json")
        return dict(json.load(report["Body"]))

    def events(self) -> list[Event]:
        """The ledger."""
        return self._events()

    def clear(self) -> None:
        """Forget all events and rejects, and go on with a new source."""
        self._count += 1
        for table, keys in TABLES.items():
            for item in self._deployed.dynamodb.scan(TableName=table)["Items"]:
                key = {name: item[name] for name in keys}
                self._deployed.dynamodb.delete_item(TableName=table, Key=key)

    def _hooked(self, sent: Sent) -> tuple[Any, str]:
        channel = CHANNEL_OF.get(sent.provider, sent.provider)
        source = f"src_{self._count}"
        Sources("test-control", self._deployed.dynamodb).save(Source(channel, source, sent.config))
        self._deployed.put_secrets(f"{channel}/{source}", *sent.secrets)
        return self._webhooks, f"/hooks/{channel}/{source}"

    def _tracked(self, sent: Sent) -> tuple[Any, str]:
        keys = Keys("test-control", self._deployed.dynamodb)
        for secret in sent.secrets:
            keys.register(secret, "write", "conformance", "web", "2026-01-01T00:00:00.000Z")
        return self._tracking, urlsplit(sent.url).path

    def _events(self) -> list[Event]:
        items = self._deployed.dynamodb.scan(TableName="test-events")["Items"]
        return [decode(item["event"]["S"]) for item in items]

    def _rejects(self, now: datetime) -> list[dict[str, Any]]:
        return Rejects("test-rejects", self._deployed.dynamodb).of_day(now.date().isoformat())


class _Hours:
    """A Lambda context that has all the time."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 10_000_000


@contextmanager
def doors() -> Iterator[Doors]:
    """Both doors, wired as Lambda wires them."""
    if str(FUNCTIONS) not in sys.path:
        sys.path.append(str(FUNCTIONS))
    with pytest.MonkeyPatch.context() as monkeypatch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
            monkeypatch.setenv(name, stack.REGION)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            monkeypatch.delenv(name, raising=False)
        yield Doors(stack.deploy(), monkeypatch)


def _clock(now: datetime) -> Any:
    class Stopped:
        @staticmethod
        def now(zone: tzinfo) -> datetime:
            return now.astimezone(zone)

    return Stopped


def _fetching(certificates: dict[str, str], fetched: list[str]) -> Callable[[str], bytes]:
    def fetch(url: str) -> bytes:
        fetched.append(url)
        return certificates.get(url, "").encode()

    return fetch
