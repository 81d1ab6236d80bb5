"""Receives one reject again, with the secrets and the code of today."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec

from regulars.admin.rejects import StoredReject
from regulars.admin.replay_stores import ReplayStores
from regulars.channels.contract import Request
from regulars.channels.registry import CHANNELS
from regulars.channels.tracking.messages import CHANNEL_NAME as TRACKING
from regulars.domain.errors import InvalidEventError, UnauthorizedError
from regulars.domain.events import decode_event
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.domain.times import from_text
from regulars.ingestion.archiving import archive_events
from regulars.ingestion.order_claims import OrderClaims
from regulars.ingestion.recording import Recorder
from regulars.ingestion.tracking import TrackingReceiver
from regulars.ingestion.tracking_senders import Sender, sender_of_key
from regulars.ingestion.webhook_sources import WebhookSources
from regulars.ingestion.webhooks import Receipt, WebhookReceiver
from regulars.profiles.update import update_profiles
from regulars.store.api_keys import SENDER_SCOPES
from regulars.store.profile_stores import ProfileStores
from regulars.store.rejects import BatchFields, Reject, Rejects, StoredDelivery
from regulars.transport.certificates import fetch_certificate
from regulars.transport.stream_events import read_changes

UNFOLDABLE_CODE, UNREADABLE_CODE = (
    "unfoldable_event",
    "unreadable_record",
)  # the codes of stream rejects
TOO_LARGE_REASON = "too large to have been kept whole"
WITHOUT_CHANNEL = "of no channel"
BATCH_MESSAGE = StoredDelivery(
    shared=BatchFields()
)  # a reject without a delivery is one message of a batch


class CollectedRejects(Rejects):
    """Keeps in memory what the stream's use cases refuse again: it is stored already."""

    def __init__(self) -> None:
        self.rejects: list[Reject] = []

    def store_rejects(self, rejects: Sequence[Reject], at: datetime) -> None:  # noqa: ARG002 (the base's signature)
        """Collect the rejects."""
        self.rejects.extend(rejects)


class RejectReplayer:
    """Receives rejects again; `tracking_source` is the source of tracking calls whose key may not send events."""

    def __init__(self, stores: ReplayStores, tracking_source: str = "") -> None:
        self._stores = stores
        self._tracking_source = tracking_source
        claims = OrderClaims(stores.order_sources)
        recorder = Recorder(
            stores.ledger, stores.contacts, stores.parameters, stores.tombstones, claims
        )
        self._tracking = TrackingReceiver(stores.keys, recorder, stores.rejects, claims)
        sources = WebhookSources(stores.sources, stores.parameters)
        self._webhooks = WebhookReceiver(sources, recorder, stores.rejects)

    def replay(self, reject: StoredReject) -> Receipt:
        """Receive a reject again and return what was recorded; raise RegularsError when it is refused again."""
        _, _, source = reject.source.partition("/")
        if reject.code in {UNFOLDABLE_CODE, UNREADABLE_CODE}:
            return self._replay_stream_record(reject)
        if reject.channel == TRACKING:
            return self._replay_tracking_call(reject, source)
        is_verified = reject.delivery is not None and reject.delivery.verified
        request = self._build_request(reject, source)
        return self._webhooks.replay(reject.channel, request, verified=is_verified)

    def _replay_tracking_call(self, reject: StoredReject, source: str) -> Receipt:
        delivery = reject.delivery or BATCH_MESSAGE
        sender = self._find_sender(delivery, source)
        kind, request = delivery.url.rpartition("/")[2], self._build_request(reject, sender.source)
        recorded = self._tracking.replay(kind, request, delivery.shared, sender)
        return Receipt(len(recorded.new), len(recorded.known))

    def _find_sender(self, delivery: StoredDelivery, source: str) -> Sender:
        """Return the sender of a call: with the trust that its key had when it arrived, if it had a known key."""
        key = self._stores.keys.find_key(delivery.key) if delivery.key else None
        if source:
            policy = key.orders if key else "auto"
            return Sender(source=source, key_id=delivery.key, trust=delivery.trust, orders=policy)
        if key and key.scope in SENDER_SCOPES:
            return sender_of_key(key)
        if not self._tracking_source:
            raise UnauthorizedError(
                "Its key sends no events, and no source was named for such calls."
            )
        return Sender(source=self._tracking_source)

    def _replay_stream_record(self, reject: StoredReject) -> Receipt:
        batch = self._stores.tombstones.read_tombstones().drop_erased(_to_batch(reject))
        refused, now = CollectedRejects(), datetime.now(UTC)
        update_profiles(batch, self._build_profile_stores(refused), now)
        if reject.code == UNREADABLE_CODE and not refused.rejects:
            archive_events(batch, self._stores.lake, refused, now)
        if refused.rejects:
            raise InvalidEventError(refused.rejects[0].reason, refused.rejects[0].code)
        return Receipt(known=len(batch.changes))

    def _build_profile_stores(self, rejects: Rejects) -> ProfileStores:
        stores = self._stores
        return ProfileStores(
            profiles=stores.profiles, orders=stores.orders, ledger=stores.ledger, rejects=rejects
        )

    def _build_request(self, reject: StoredReject, source: str) -> Request:
        """Return the delivery as it came, at the time at which it came."""
        delivery = reject.delivery or StoredDelivery()
        return Request(
            source=source,
            body=reject.raw,
            received_at=from_text(reject.received_at),
            headers=delivery.headers,
            query=dict(parse_qsl(delivery.raw_query)),
            default_country=self._stores.default_country,
            default_currency=self._stores.default_currency,
            method=delivery.method,
            url=delivery.url,
            raw_query=delivery.raw_query,
            certificates=fetch_certificate,
        )


def find_obstacle(reject: StoredReject) -> str:
    """Return why a reject cannot be received again, '' when it can."""
    shared = reject.delivery.shared if reject.delivery else None
    if reject.cut or (shared and shared.context is None):
        return TOO_LARGE_REASON
    is_webhook = reject.channel in CHANNELS and reject.delivery is not None
    is_stream_record = reject.code in {UNFOLDABLE_CODE, UNREADABLE_CODE}
    return "" if is_webhook or is_stream_record or reject.channel == TRACKING else WITHOUT_CHANNEL


def _to_batch(reject: StoredReject) -> ChangeBatch:
    if reject.code == UNREADABLE_CODE:
        return read_changes({"Records": [msgspec.json.decode(reject.raw)]})
    try:
        return ChangeBatch((EventChange(decode_event(reject.raw)),))
    except msgspec.DecodeError:
        # Only the subjects of a changed event are known.
        message = "It holds no event; a verification names the profiles that differ."
        raise InvalidEventError(message, UNREADABLE_CODE) from None
