"""Lists the privacy requests that providers delivered, and keeps which of them were answered."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Self

import msgspec

from regulars.admin.deployment import Deployment
from regulars.domain.errors import NotFoundError
from regulars.domain.events import Event
from regulars.domain.identifiers import profile_id_of
from regulars.domain.privacy_requests import RequestKind, read_request_kind
from regulars.domain.times import from_text, to_text
from regulars.store.answered_requests import AnsweredRequests
from regulars.store.ledger import Ledger

ANSWER_TIME = timedelta(days=30)  # GDPR, article 12 (3): one month; Shopify: 30 days
READ_EVENTS = 100


class PrivacyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request: its kind, and the person by id ('' when it names nobody); `answered_at` is '' while it is open."""

    id: str
    kind: str
    source: str
    requested_at: str
    due_at: str
    profile_id: str
    subjects: tuple[str, ...]
    orders: tuple[str, ...]
    answered_at: str


@dataclass(frozen=True)
class PrivacyRequests:
    """The ledger, which holds the requests, and the answers."""

    ledger: Ledger
    answers: AnsweredRequests

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(Ledger(deployment.events_table), AnsweredRequests(deployment.control_table))

    def list_requests(self) -> list[PrivacyRequest]:
        """Return all requests, the most urgent first."""
        ids = [id_ for kind in RequestKind for id_ in self.ledger.list_privacy_request_ids(kind)]
        answered = self.answers.read_times(ids)
        requests = [
            _build_request(event, answered.get(event.id, ""))
            for chunk in batched(ids, READ_EVENTS, strict=False)
            for event in self.ledger.read_events(chunk)
        ]
        return sorted(requests, key=lambda request: (request.due_at, request.id))

    def count_open(self) -> dict[str, int]:
        """Return the number of open requests by kind."""
        requests = self.list_requests()
        return dict(Counter(request.kind for request in requests if not request.answered_at))

    def mark_answered(self, subjects: Collection[str], now: datetime) -> list[str]:
        """Mark the open requests of a person for its data as answered; return their ids."""
        ids = [
            request.id
            for request in self.list_requests()
            if request.kind == RequestKind.ACCESS
            and not request.answered_at
            and not set(request.subjects).isdisjoint(subjects)
        ]
        self._mark(ids, now)
        return ids

    def mark_request(self, request_id: str, now: datetime) -> None:
        """Mark one request as answered; raise NotFoundError when there is no request with this id."""
        if request_id not in {request.id for request in self.list_requests()}:
            raise NotFoundError(f"There is no privacy request {request_id}.")
        self._mark([request_id], now)

    def _mark(self, ids: Iterable[str], now: datetime) -> None:
        for id_ in ids:
            self.answers.save_time(id_, to_text(now))


def _build_request(event: Event, answered_at: str) -> PrivacyRequest:
    return PrivacyRequest(
        id=event.id,
        kind=read_request_kind(event),
        source=event.source,
        requested_at=event.received_at,
        due_at=to_text(from_text(event.received_at) + ANSWER_TIME),
        profile_id=profile_id_of(event.subject) if event.subject else "",
        subjects=event.subjects,
        orders=tuple(map(str, event.properties.get("orders", ()))),
        answered_at=answered_at,
    )
