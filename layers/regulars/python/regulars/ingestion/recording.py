"""The last step of every door: contact data to PEOPLE, then the event, without a name in it, to the ledger."""

from collections.abc import Sequence

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, encode
from regulars.domain.identity import subject_keys
from regulars.store.ledger import Ledger, Recorded
from regulars.store.parameters import Parameters
from regulars.store.people import People

LARGEST_EVENT = 350_000  # bytes; an item of the ledger may hold 400 KB
ANONYMOUS = "a:"


class Recorder:
    """Keys drafts by the deployment's pepper and stores what they hold."""

    def __init__(self, ledger: Ledger, people: People, parameters: Parameters) -> None:
        self._ledger = ledger
        self._people = people
        self._parameters = parameters

    def record(self, drafts: Sequence[Draft]) -> Recorded:
        """Store them all. Contact data first: when the event is there, so is who it speaks of."""
        events = [self.keyed(draft) for draft in drafts]
        for event, draft in zip(events, drafts, strict=True):
            self._keep_contact(event, draft)
        return self._ledger.record(events)

    def keyed(self, draft: Draft) -> Event:
        """The event with subject keys for who it speaks of; InvalidEventError when it is too large to be stored."""
        subjects = subject_keys(draft.identifiers, self._parameters.pepper())
        event = msgspec.structs.replace(draft.event, subjects=subjects)
        if len(encode(event)) > LARGEST_EVENT:
            raise InvalidEventError("The event is too large to be stored.", "event_too_large")
        return event

    def _keep_contact(self, event: Event, draft: Draft) -> None:
        known = next((key for key in event.subjects if not key.startswith(ANONYMOUS)), None)
        if known and draft.contact:
            self._people.remember(known, draft.contact, event.occurred_at)
