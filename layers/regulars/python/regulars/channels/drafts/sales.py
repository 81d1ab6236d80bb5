"""Build the events of one delivery of a provider that sells."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from regulars.channels.contract import Draft, Request
from regulars.channels.fields.event_times import happened, parse_first_time
from regulars.channels.fields.person import Person
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import Event, event_id
from regulars.domain.times import to_text

ELSEWHERE = "elsewhere"


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
        module: str,
        channel: str,
        said: datetime | None = None,
        *,
        test: bool = False,
    ) -> None:
        account = clean_text(request.config.get("account")) or request.source
        self.store = f"{module}/{account}"
        moment = happened(said or request.received_at, request.received_at)
        self.occurred_at = moment.occurred_at
        self._told = (request, module, channel)
        self._sells = request.config.get("orders") != ELSEWHERE
        self._shared: dict[str, Any] = {
            "channel": channel,
            "source": f"{module}/{request.source}",
            "occurred_at": moment.occurred_at,
            "received_at": to_text(request.received_at),
            "clock_skewed": moment.clock_skewed,
            "backfill": moment.backfill,
            "test": test,
        }

    def at(self, *values: object) -> "EventBuilder":
        """The same of what happened at the first of these times that is said, whichever delivery tells it first."""
        said = parse_first_time(*values)
        return EventBuilder(*self._told, said, test=self._shared["test"]) if said else self

    def draft(self, type_: str, key: Iterable[str], person: Person, **told: Any) -> Draft:
        """An event of this type; `key` is what tells it from every other of the account."""
        facts = told if self._sells else told | {"order": None}
        event = Event(id=event_id(self.store, *key), type=type_, **self._shared, **facts)
        return Draft(event, person.identifiers, person.contact)
