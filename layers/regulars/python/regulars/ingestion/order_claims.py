"""Decide which orders of a browser are claims, which count when stronger evidence reports the same order."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.events import Event
from regulars.domain.times import to_text
from regulars.domain.trust import trust_of
from regulars.store.api_keys import OrderPolicy
from regulars.store.order_sources import OrderSources

# A source that has reported no order for so long was disconnected, or the shop does not sell through it.
REPORTER_DAYS = 90


class OrderClaims:
    """Marks orders as claims, and remembers who else reports orders."""

    def __init__(self, sources: OrderSources) -> None:
        self._sources = sources

    def mark_claims(
        self, drafts: Sequence[Draft], policy: OrderPolicy, now: datetime
    ) -> list[Draft]:
        """Return the drafts; their orders are claims if strangers may have sent them and the policy says so.

        By the policy `auto` they are claims when a trusted source reported an order in the 90 days before `now`. The
        decision is stored in the event, so nothing decides it again.
        """
        claimable = [draft for draft in drafts if _is_claimable(draft.event)]
        if not claimable or not self._needs_confirmation(policy, now):
            return list(drafts)
        return [_mark_claim(draft) if _is_claimable(draft.event) else draft for draft in drafts]

    def remember_reports(self, events: Sequence[Event]) -> None:
        """Remember the sources of the events that report orders and that a stranger cannot have sent."""
        reports = [event for event in events if _is_report(event)]
        if reports:
            day = max(event.received_at for event in reports)[:10]
            self._sources.record_reports({event.source for event in reports}, day)

    def _needs_confirmation(self, policy: OrderPolicy, now: datetime) -> bool:
        if policy != "auto":
            return policy == "claim"
        since = to_text(now - timedelta(days=REPORTER_DAYS))[:10]
        return bool(self._sources.list_reporters(since))


def _is_claimable(event: Event) -> bool:
    return event.order is not None and not trust_of(event).is_strong


def _is_report(event: Event) -> bool:
    return event.order is not None and not event.test and trust_of(event).is_strong


def _mark_claim(draft: Draft) -> Draft:
    order = draft.event.order and msgspec.structs.replace(draft.event.order, claimed=True)
    return msgspec.structs.replace(draft, event=msgspec.structs.replace(draft.event, order=order))
