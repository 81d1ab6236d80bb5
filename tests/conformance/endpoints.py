"""Runs the real handlers on moto: sends one delivery at a given time and returns the response and what was stored."""

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

from regulars.domain.events import Event, decode_event
from regulars.settings import ImportHistorySettings, ReceiveWebhookSettings, TrackEventsSettings
from regulars.store.api_keys import ApiKeys
from regulars.store.rejects import Rejects
from regulars.store.sources import Source, Sources
from tests.support import aws as stack
from tests.support.gateway import http_event, load_handler

FUNCTIONS_FOLDER = Path(__file__).parents[2] / "functions"
# The provider's name in the files → our channel. All other providers have the name of their channel.
PROVIDER_CHANNELS = {"html-form": "form", "meta": "messenger"}
TRACKING_PROVIDER = "segment"
TABLE_KEYS = {"test-events": ("event_id",), "test-rejects": ("day", "reject_id")}


@dataclass(frozen=True, kw_only=True)
class ProviderRequest:
    """One request of a provider, with its time and the secrets and the configuration of the source that receives it."""

    provider: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    now: datetime
    secrets: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RequestOutcome:
    """The response to a request, and the events and rejects that the tables hold afterwards."""

    status: int
    body: str
    content_type: str
    events: list[Event]
    rejects: list[dict[str, Any]]
    fetched_urls: list[str]


class Endpoints:
    """The webhook endpoint and the tracking endpoint of one test stack."""

    def __init__(self, deployed: stack.MotoStack, monkeypatch: pytest.MonkeyPatch) -> None:
        self._deployed = deployed
        self._monkeypatch = monkeypatch
        self._source_number = 0
        self._webhook_module = load_handler(
            "receive_webhook", deployed.build_settings(ReceiveWebhookSettings), monkeypatch
        )
        self._tracking_module = load_handler(
            "track_events", deployed.build_settings(TrackEventsSettings), monkeypatch
        )

    def send(self, request: ProviderRequest) -> RequestOutcome:
        """Send one request. The tables keep what earlier requests stored until `reset`."""
        fetched_urls: list[str] = []
        is_tracking = request.provider == TRACKING_PROVIDER
        connect = self._register_write_keys if is_tracking else self._connect_source
        module, path = connect(request)
        self._monkeypatch.setattr(module, "datetime", _freeze_clock(request.now))
        if not is_tracking:
            fetcher = _build_fetcher(request.certificates, fetched_urls)
            self._monkeypatch.setattr(module, "fetch_certificate", fetcher)
        parts = urlsplit(request.url)
        headers = {"Host": parts.netloc} | request.headers
        event = http_event(path, request.body, headers, request.method, parts.query)
        response = module.handler(event, None)
        return RequestOutcome(
            status=response["statusCode"],
            body=response.get("body", ""),
            content_type=response.get("headers", {}).get("content-type", ""),
            events=self.list_events(),
            rejects=self._list_rejects(request.now),
            fetched_urls=fetched_urls,
        )

    def import_file(self, key: str, path: Path) -> dict[str, Any]:
        """Upload a file to the uploads bucket, import it, and return the report that the import writes beside it."""
        module = load_handler(
            "import_history",
            self._deployed.build_settings(ImportHistorySettings),
            self._monkeypatch,
        )
        self._deployed.s3.upload_file(str(path), "test-uploads", key)
        module.handler(
            {"detail": {"bucket": {"name": "test-uploads"}, "object": {"key": key}}},
            _UnlimitedContext(),
        )
        report = self._deployed.s3.get_object(Bucket="test-uploads", Key=f"{key}.report.json")
        return dict(json.load(report["Body"]))

    def list_events(self) -> list[Event]:
        """Return all events of the ledger."""
        items = self._deployed.dynamodb.scan(TableName="test-events")["Items"]
        return [decode_event(item["event"]["S"]) for item in items]

    def reset(self) -> None:
        """Delete all events and rejects, and use a new source for the next request."""
        self._source_number += 1
        for table, keys in TABLE_KEYS.items():
            for item in self._deployed.dynamodb.scan(TableName=table)["Items"]:
                key = {name: item[name] for name in keys}
                self._deployed.dynamodb.delete_item(TableName=table, Key=key)

    def _connect_source(self, request: ProviderRequest) -> tuple[Any, str]:
        channel = channel_name(request.provider)
        source = f"src_{self._source_number}"
        sources = Sources("test-control", self._deployed.dynamodb)
        sources.save_source(Source(channel=channel, source=source, config=request.config))
        self._deployed.put_secrets(f"{channel}/{source}", *request.secrets)
        return self._webhook_module, f"/hooks/{channel}/{source}"

    def _register_write_keys(self, request: ProviderRequest) -> tuple[Any, str]:
        keys = ApiKeys("test-control", self._deployed.dynamodb)
        for secret in request.secrets:
            keys.register_key(secret, "browser", "conformance", "web", "2026-01-01T00:00:00.000Z")
        return self._tracking_module, urlsplit(request.url).path

    def _list_rejects(self, now: datetime) -> list[dict[str, Any]]:
        return Rejects("test-rejects", self._deployed.dynamodb).list_rejects(now.date().isoformat())


class _UnlimitedContext:
    """A Lambda context with enough remaining time for any import."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 10_000_000


def channel_name(provider: str) -> str:
    """Return the channel that receives the requests of a provider."""
    return PROVIDER_CHANNELS.get(provider, provider)


@contextmanager
def open_endpoints() -> Iterator[Endpoints]:
    """Provide both endpoints on a new test stack, wired as Lambda wires them."""
    if str(FUNCTIONS_FOLDER) not in sys.path:
        sys.path.append(str(FUNCTIONS_FOLDER))
    with pytest.MonkeyPatch.context() as monkeypatch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
            monkeypatch.setenv(name, stack.REGION)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            monkeypatch.delenv(name, raising=False)
        yield Endpoints(stack.create_moto_stack(), monkeypatch)


def _freeze_clock(now: datetime) -> Any:
    class FrozenDatetime:
        @staticmethod
        def now(zone: tzinfo) -> datetime:
            return now.astimezone(zone)

    return FrozenDatetime


def _build_fetcher(certificates: dict[str, str], fetched_urls: list[str]) -> Callable[[str], bytes]:
    def fetch_certificate(url: str) -> bytes:
        fetched_urls.append(url)
        return certificates.get(url, "").encode()

    return fetch_certificate
