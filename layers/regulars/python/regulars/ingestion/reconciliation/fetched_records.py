"""Record the objects of a provider's API as its webhooks would have delivered them: with the same translation."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.feeds.contract import Record
from regulars.domain.errors import RegularsError
from regulars.domain.times import to_text
from regulars.ingestion.recording import Recorder, fits
from regulars.ingestion.translation import (
    delivery_reject,
    isolate_translation,
    translate_delivery,
)
from regulars.store.rejects import Rejects
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
        self, source: Source, config: dict[str, Any], records: Iterable[Record], now: datetime
    ) -> Taken:
        """Record a page; when this returns, everything in it is durable."""
        requests = [self._request(source, config, record, now) for record in records]
        translate = partial(_translate_record, source.channel)
        drafts, failures = isolate_translation(requests, translate, RegularsError)
        recorded = (
            self._recorder.record([_aged(draft, now) for draft in drafts]) if drafts else None
        )
        for request, error in failures:
            reject = delivery_reject(source.channel, request, error, verified=True)
            self._rejects.keep([reject], now)
        if recorded is None:
            return Taken(rejected=len(failures))
        return Taken(len(recorded.new), len(recorded.known), len(failures))

    def _request(
        self, source: Source, config: dict[str, Any], record: Record, now: datetime
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


def _translate_record(channel: str, request: Request) -> Iterator[Draft]:
    """Yield the drafts of one object; leave out the events that the ledger cannot hold."""
    is_complete = True
    for draft in translate_delivery(channel, request):
        if fits(draft.event):
            yield draft
        else:
            is_complete = False
    if not is_complete:
        raise RegularsError("An event is too large to be stored.")


def _aged(draft: Draft, now: datetime) -> Draft:
    if draft.event.occurred_at >= to_text(now - HISTORY_AFTER):
        return draft
    event = msgspec.structs.replace(draft.event, backfill=True)
    return msgspec.structs.replace(draft, event=event)
