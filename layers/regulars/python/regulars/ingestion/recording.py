"""The last step of every door: contact data to PEOPLE, then the event, without a name in it, to the ledger."""

from collections.abc import Sequence

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, encode_event, event_id
from regulars.domain.identifiers import subject_keys
from regulars.store.ledger import Ledger, RecordedEvents
from regulars.store.parameters import Parameters
from regulars.store.people import People

LARGEST_EVENT = 350_000  # bytes; an item of the ledger may hold 400 KB
ANONYMOUS = "a:"
AT_ONCE = 8  # people of a batch whose contact data is written side by side

type Told = tuple[dict[str, str], str]  # contact data, and when it was told


class Recorder:
    """Keys drafts by the deployment's pepper and stores what they hold."""

    def __init__(self, ledger: Ledger, people: People, parameters: Parameters) -> None:
        self._ledger = ledger
        self._people = people
        self._parameters = parameters

    def record(self, drafts: Sequence[Draft]) -> RecordedEvents:
        """Store them all. Contact data first: when the event is there, so is who it speaks of."""
        events = [self._keyed(draft) for draft in drafts]
        self._keep_contacts(events, drafts)
        return self._ledger.record_events(events)

    def identified(self, draft: Draft) -> Draft:
        """The draft with an event told apart by whom it speaks of, which only the pepper may hash."""
        subjects = subject_keys(draft.identifiers, self._parameters.read_pepper())
        id_ = event_id(draft.event.id, *subjects)
        return msgspec.structs.replace(draft, event=msgspec.structs.replace(draft.event, id=id_))

    def _keyed(self, draft: Draft) -> Event:
        """The event with subject keys for who it speaks of; InvalidEventError when it is too large to be stored."""
        subjects = subject_keys(draft.identifiers, self._parameters.read_pepper())
        if not fits(draft.event):
            raise InvalidEventError("The event is too large to be stored.", "event_too_large")
        return msgspec.structs.replace(draft.event, subjects=subjects)

    def _keep_contacts(self, events: Sequence[Event], drafts: Sequence[Draft]) -> None:
        told: dict[str, list[Told]] = {}
        for event, draft in zip(events, drafts, strict=True):
            known = next((key for key in event.subjects if not key.startswith(ANONYMOUS)), None)
            if known and draft.contact:
                told.setdefault(known, []).append((draft.contact, event.occurred_at))
        if len(told) > 1:
            # Imported when people come several at once: most deliveries speak of one.
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(self._remember, *zip(*told.items(), strict=True)))
        else:
            for subject, contacts in told.items():
                self._remember(subject, contacts)

    def _remember(self, subject: str, contacts: list[Told]) -> None:
        for contact, at in contacts:
            self._people.store_contact(subject, contact, at)


def fits(event: Event) -> bool:
    """Whether the ledger can hold the event, its subjects included or not."""
    return len(encode_event(event)) <= LARGEST_EVENT
