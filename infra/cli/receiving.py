"""Receives a reject again as the door or the stream would today: by today's secrets, translation and folding."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import parse_qsl

import msgspec

from infra.cli import rejects
from infra.cli.stack import Stack
from regulars.channels.contract import Request
from regulars.channels.registry import CHANNELS
from regulars.channels.tracking.messages import CHANNEL_NAME as TRACKING
from regulars.domain.errors import InvalidEventError, UnauthorizedError
from regulars.domain.events import decode_event
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.domain.times import from_text
from regulars.ingestion.archiving import archive_events
from regulars.ingestion.recording import Recorder
from regulars.ingestion.tracking import TrackingReceiver, source_of_key
from regulars.ingestion.webhook_sources import WebhookSources
from regulars.ingestion.webhooks import Receipt, WebhookReceiver
from regulars.profiles.update import update_profiles
from regulars.settings import (
    ArchiveEventsSettings,
    ReceiveWebhookSettings,
    UpdateProfilesSettings,
)
from regulars.store.api_keys import ApiKeys
from regulars.store.lake import Lake
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles
from regulars.store.rejects import BatchFields, Reject, Rejects, StoredDelivery
from regulars.store.sources import Sources
from regulars.transport.certificates import fetch_certificate
from regulars.transport.stream_events import read_changes

UNFOLDABLE, UNREADABLE = "unfoldable_event", "unreadable_record"  # set aside on the stream
WHOLE_CALL = StoredDelivery(
    shared=BatchFields()
)  # what was kept before deliveries were, is a message


class SetAside(Rejects):
    """What the stream's use cases refuse again; it is kept already."""

    def __init__(self) -> None:
        self.rejects: list[Reject] = []

    def store_rejects(self, rejects: Sequence[Reject], at: datetime) -> None:  # noqa: ARG002 (as its base)
        """Remember them."""
        self.rejects.extend(rejects)


class Receiver:
    """Receives rejects again; `into` is the tracking source for what came without a known key."""

    def __init__(self, deployed: Stack, store: Rejects, into: str = "") -> None:
        self._deployed = deployed
        self._settings = deployed.settings(ReceiveWebhookSettings)
        self._into = into
        self._keys = ApiKeys(self._settings.control_table)
        parameters = Parameters(self._settings.parameters_prefix)
        ledger, people = Ledger(self._settings.events_table), People(self._settings.people_table)
        recorder = Recorder(ledger, people, parameters)
        self._tracking = TrackingReceiver(self._keys, recorder, store)
        sources = WebhookSources(Sources(self._settings.control_table), parameters)
        self._webhooks = WebhookReceiver(sources, recorder, store)

    def receive(self, kept: rejects.Kept) -> Receipt:
        """What became of it; RegularsError when it is refused again."""
        channel, _, source = kept["source"].partition("/")
        if kept["code"] in {UNFOLDABLE, UNREADABLE}:
            return self._folded(kept)
        if channel == TRACKING:
            return self._tracked(kept, source)
        delivery: StoredDelivery = kept["delivery"]
        request = self._request(kept, source)
        return self._webhooks.replay(channel, request, verified=delivery.verified)

    def _tracked(self, kept: rejects.Kept, source: str) -> Receipt:
        delivery: StoredDelivery = kept["delivery"] or WHOLE_CALL
        request = self._request(kept, source or self._source(delivery))
        kind = delivery.url.rpartition("/")[2]
        recorded = self._tracking.replay(kind, request, delivery.shared)
        return Receipt(len(recorded.new), len(recorded.known))

    def _source(self, delivery: StoredDelivery) -> str:
        key = self._keys.find_key(delivery.key) if delivery.key else None
        if key is None and not self._into:
            raise UnauthorizedError("Its key is not known; --into SOURCE says whose it is.")
        return source_of_key(key) if key else self._into

    def _folded(self, kept: rejects.Kept) -> Receipt:
        batch, aside, now = _batch(kept), SetAside(), datetime.now(UTC)
        update_profiles(batch, self._stores(aside), now)
        if kept["code"] == UNREADABLE and not aside.rejects:
            archive_events(batch, self._lake, aside, now)
        if aside.rejects:
            raise InvalidEventError(aside.rejects[0].reason, aside.rejects[0].code)
        return Receipt(known=len(batch.changes))

    def _stores(self, aside: Rejects) -> ProfileStores:
        tables = self._tables
        return ProfileStores(
            people=People(tables.people_table),
            profiles=Profiles(tables.profiles_table),
            ledger=Ledger(tables.events_table),
            rejects=aside,
        )

    @cached_property
    def _tables(self) -> UpdateProfilesSettings:
        return self._deployed.settings(UpdateProfilesSettings)

    @cached_property
    def _lake(self) -> Lake:
        return Lake(self._deployed.settings(ArchiveEventsSettings).lake_bucket)

    def _request(self, kept: rejects.Kept, source: str) -> Request:
        """The delivery as it came, at the time at which it came."""
        delivery: StoredDelivery = kept["delivery"] or StoredDelivery()
        return Request(
            source,
            kept["raw"],
            from_text(kept["received_at"]),
            delivery.headers,
            dict(parse_qsl(delivery.raw_query)),
            default_country=self._settings.default_country,
            default_currency=self._settings.default_currency,
            method=delivery.method,
            url=delivery.url,
            raw_query=delivery.raw_query,
            certificates=fetch_certificate,
        )


def obstacle(kept: rejects.Kept) -> str:
    """Why a reject cannot be received again as it came, '' when it can."""
    delivery: StoredDelivery | None = kept["delivery"]
    if kept["cut"] or (delivery and delivery.shared and delivery.shared.context is None):
        return "too large to have been kept whole"
    channel = kept["source"].partition("/")[0]
    is_webhook = channel in CHANNELS and delivery is not None
    is_known = is_webhook or channel == TRACKING or kept["code"] in {UNFOLDABLE, UNREADABLE}
    return "" if is_known else "of no channel"


def _batch(kept: rejects.Kept) -> ChangeBatch:
    if kept["code"] == UNREADABLE:
        return read_changes({"Records": [msgspec.json.decode(kept["raw"])]})
    try:
        return ChangeBatch((EventChange(decode_event(kept["raw"])),))
    except msgspec.DecodeError:
        # Only the subjects of a changed event are known.
        message = "It holds no event; see `regulars verify`."
        raise InvalidEventError(message, UNREADABLE) from None
