"""Import the records of a provider's API as its webhooks would have delivered them: with the same translation."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.feeds.contract import FeedRecord
from regulars.domain.errors import RegularsError
from regulars.domain.times import to_text
from regulars.ingestion.recording import Recorder, fits_ledger
from regulars.ingestion.translation import delivery_reject, isolate_translation, translate_delivery
from regulars.store.rejects import Rejects
from regulars.store.sources import Source

# An older event is history: a journey must not act on it, since its time has passed.
HISTORY_AGE = timedelta(days=1)


class RecordCounts(msgspec.Struct, frozen=True):
    """The new and the known events of a page, and the number of its records that were rejected."""

    new: int = 0
    known: int = 0
    rejected: int = 0


class RecordImporter:
    """Imports pages of records; stores each record that is refused as a reject with its reason."""

    def __init__(
        self, recorder: Recorder, rejects: Rejects, default_country: str, default_currency: str
    ) -> None:
        self._recorder = recorder
        self._rejects = rejects
        self._default_country = default_country
        self._default_currency = default_currency

    def import_records(
        self, source: Source, config: dict[str, Any], records: Iterable[FeedRecord], now: datetime
    ) -> RecordCounts:
        """Record a page; when this returns, everything in it is durable."""
        requests = [self._to_request(source, config, record, now) for record in records]
        translate = partial(_translate_record, source.channel)
        drafts, failures = isolate_translation(requests, translate, RegularsError)
        recorded = (
            self._recorder.record([_mark_history(draft, now) for draft in drafts])
            if drafts
            else None
        )
        self._store_failures(source.channel, failures, now)
        if recorded is None:
            return RecordCounts(rejected=len(failures))
        return RecordCounts(len(recorded.new), len(recorded.known), len(failures))

    def _to_request(
        self, source: Source, config: dict[str, Any], record: FeedRecord, now: datetime
    ) -> Request:
        """Return the delivery that the provider's webhook would have sent; it needs no signature, since we fetched it."""
        return Request(
            source=source.source,
            body=record.body,
            received_at=now,
            headers=record.headers,
            config=config,
            default_country=self._default_country,
            default_currency=self._default_currency,
        )

    def _store_failures(
        self, channel: str, failures: Iterable[tuple[Request, RegularsError]], now: datetime
    ) -> None:
        for request, error in failures:
            reject = delivery_reject(channel, request, error, verified=True)
            self._rejects.store_rejects([reject], now)


def _translate_record(channel: str, request: Request) -> Iterator[Draft]:
    """Yield the drafts of one record; raise RegularsError when one of its events is too large for the ledger."""
    is_complete = True
    for draft in translate_delivery(channel, request):
        if fits_ledger(draft.event):
            yield draft
        else:
            is_complete = False
    if not is_complete:
        raise RegularsError("An event is too large to be stored.")


def _mark_history(draft: Draft, now: datetime) -> Draft:
    if draft.event.occurred_at >= to_text(now - HISTORY_AGE):
        return draft
    event = msgspec.structs.replace(draft.event, backfill=True)
    return msgspec.structs.replace(draft, event=event)
