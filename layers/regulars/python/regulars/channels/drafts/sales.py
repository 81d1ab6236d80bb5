"""Build the events of one delivery of a provider that sells."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from regulars.channels.contract import Draft, Request
from regulars.channels.fields.event_times import parse_first_time, resolve_event_times
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import Event, event_id
from regulars.domain.times import to_text

ORDERS_ELSEWHERE = "elsewhere"


class EventBuilder:
    """Builds the events of one delivery from what they share.

    `store` scopes every id. It is the name of the channel and the account, which is the name of the source unless
    `account` is configured. Two sources of one account, or a source that was created again, count a sale once if they
    name the same account. If `orders` is configured as `elsewhere`, a connected shop reports the same sales, and no
    event here has an order.
    """

    def __init__(
        self,
        request: Request,
        provider: str,
        channel: str,
        *,
        reported_at: datetime | None = None,
        is_test: bool = False,
    ) -> None:
        account = clean_text(request.config.get("account")) or request.source
        self.store = f"{provider}/{account}"
        times = resolve_event_times(reported_at or request.received_at, request.received_at)
        self.occurred_at = times.occurred_at
        self._origin = (request, provider, channel)
        self._has_orders = request.config.get("orders") != ORDERS_ELSEWHERE
        self._shared: dict[str, Any] = {
            "channel": channel,
            "source": f"{provider}/{request.source}",
            "occurred_at": times.occurred_at,
            "received_at": to_text(request.received_at),
            "clock_skewed": times.clock_skewed,
            "backfill": times.backfill,
            "test": is_test,
        }

    def copy_at(self, *values: object) -> "EventBuilder":
        """Return a builder of events at the first of these times that is not empty, or this one if all are empty.

        An event that several deliveries report then has the same time, whichever arrives first.
        """
        time = parse_first_time(*values)
        if time is None:
            return self
        return EventBuilder(*self._origin, reported_at=time, is_test=self._shared["test"])

    def build_draft(
        self, type_: str, key: Iterable[str], person: PersonBuilder, **facts: Any
    ) -> Draft:
        """Return the draft of an event of this type; `key` identifies it within the account."""
        event_facts = facts if self._has_orders else facts | {"order": None}
        event = Event(id=event_id(self.store, *key), type=type_, **self._shared, **event_facts)
        return Draft(event, person.identifiers, person.contact)
