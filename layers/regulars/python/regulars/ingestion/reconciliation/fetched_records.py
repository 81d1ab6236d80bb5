"""What a provider was asked for, told as its webhooks would have told it: the same translation, the same ledger."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from regulars.channels.contract import Draft, PartlyInvalidError, Request
from regulars.channels.feeds.contract import FeedRecord
from regulars.channels.registry import load_channel
from regulars.domain.errors import RegularsError
from regulars.domain.times import to_text
from regulars.ingestion.isolation import translating
from regulars.ingestion.recording import Recorder, fits
from regulars.store.rejects import Reject, Rejects, StoredDelivery
from regulars.store.sources import Source

# What is fetched later than this is history: acting on it would reach people out of the blue.
HISTORY_AFTER = timedelta(days=1)


class Taken(msgspec.Struct, frozen=True):
    """What became of a page: events that are new, that were known already, and objects that were set aside."""

    new: int = 0
    known: int = 0
    rejected: int = 0


class Fetching:
    """Takes in pages of records; what cannot be taken is set aside with its reason, as at the door."""

    def __init__(
        self, recorder: Recorder, rejects: Rejects, default_country: str, default_currency: str
    ) -> None:
        self._recorder = recorder
        self._rejects = rejects
        self._default_country = default_country
        self._default_currency = default_currency

    def take(
        self, source: Source, config: dict[str, Any], records: Iterable[FeedRecord], now: datetime
    ) -> Taken:
        """Record a page; when this returns, everything in it is durable."""
        requests = [self._request(source, config, record, now) for record in records]
        told = [_told(source.channel, request) for request in requests]
        drafts = [draft for of_one, _ in told for draft in of_one]
        recorded = (
            self._recorder.record([_aged(draft, now) for draft in drafts]) if drafts else None
        )
        rejects = [
            _reject(source, request, error)
            for request, (_, error) in zip(requests, told, strict=True)
            if error
        ]
        for reject in rejects:
            self._rejects.store_rejects([reject], now)
        if recorded is None:
            return Taken(rejected=len(rejects))
        return Taken(len(recorded.new), len(recorded.known), len(rejects))

    def _request(
        self, source: Source, config: dict[str, Any], record: FeedRecord, now: datetime
    ) -> Request:
        """The delivery that the provider's webhook would have been; it is genuine, since we fetched it ourselves."""
        return Request(
            source.source,
            record.body,
            now,
            record.headers,
            config=config,
            default_country=self._default_country,
            default_currency=self._default_currency,
        )


def _told(channel: str, request: Request) -> tuple[Sequence[Draft], RegularsError | None]:
    """The drafts of one object, and why not of all of it."""
    try:
        with translating():
            drafts = load_channel(channel).translate(request)
    except PartlyInvalidError as error:
        return list(_fitting(error.drafts)), error
    except RegularsError as error:
        return (), error
    fitting = list(_fitting(drafts))
    too_large = RegularsError("An event is too large to be stored.")
    return fitting, None if len(fitting) == len(drafts) else too_large


def _fitting(drafts: Iterable[Draft]) -> Iterator[Draft]:
    return (draft for draft in drafts if fits(draft.event))


def _aged(draft: Draft, now: datetime) -> Draft:
    if draft.event.occurred_at >= to_text(now - HISTORY_AFTER):
        return draft
    event = msgspec.structs.replace(draft.event, backfill=True)
    return msgspec.structs.replace(draft, event=event)


def _reject(source: Source, request: Request, error: RegularsError) -> Reject:
    delivery = StoredDelivery(headers=request.headers, verified=True)
    name = f"{source.channel}/{source.source}"
    return Reject(
        code=error.code, reason=str(error), source=name, raw=request.body, delivery=delivery
    )
