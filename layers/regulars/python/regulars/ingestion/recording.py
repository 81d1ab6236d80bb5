"""Record drafts: contact data in the PEOPLE table, then the event, which names nobody, in the ledger."""

from collections.abc import Sequence

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, encode_event, event_id
from regulars.domain.identifiers import subject_keys
from regulars.store.ledger import Ledger, RecordedEvents
from regulars.store.parameters import Parameters
from regulars.store.people import People

MAX_EVENT_BYTES = 350_000  # an item of the ledger may hold 400 KB
ANONYMOUS_PREFIX = "a:"
CONTACT_THREADS = 8  # people of a batch whose contact data is written in parallel

type ContactVersion = tuple[dict[str, str], str]  # contact data, and when the event occurred


class Recorder:
    """Stores the events and the contact data of drafts; hashes identifiers with the deployment's pepper."""

    def __init__(self, ledger: Ledger, people: People, parameters: Parameters) -> None:
        self._ledger = ledger
        self._people = people
        self._parameters = parameters

    def record(self, drafts: Sequence[Draft]) -> RecordedEvents:
        """Store all drafts; raise InvalidEventError when one is too large.

        Contact data is stored first: when an event is in the ledger, the contact data of its person is stored too.
        """
        events = [self._to_event(draft) for draft in drafts]
        self._store_contacts(events, drafts)
        return self._ledger.record_events(events)

    def add_subjects_to_id(self, draft: Draft) -> Draft:
        """Return the draft with an event id that also depends on the person, whose identifiers only the pepper hashes."""
        subjects = subject_keys(draft.identifiers, self._parameters.read_pepper())
        id_ = event_id(draft.event.id, *subjects)
        return msgspec.structs.replace(draft, event=msgspec.structs.replace(draft.event, id=id_))

    def _to_event(self, draft: Draft) -> Event:
        """Return the draft's event with the subject keys of its person."""
        subjects = subject_keys(draft.identifiers, self._parameters.read_pepper())
        if not fits_ledger(draft.event):
            raise InvalidEventError("The event is too large to be stored.", "event_too_large")
        return msgspec.structs.replace(draft.event, subjects=subjects)

    def _store_contacts(self, events: Sequence[Event], drafts: Sequence[Draft]) -> None:
        contacts: dict[str, list[ContactVersion]] = {}
        for event, draft in zip(events, drafts, strict=True):
            keys = (key for key in event.subjects if not key.startswith(ANONYMOUS_PREFIX))
            subject = next(keys, None)
            if subject and draft.contact:
                contacts.setdefault(subject, []).append((draft.contact, event.occurred_at))
        if len(contacts) > 1:
            # Imported when a batch has several people: most deliveries have one.
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

            with ThreadPoolExecutor(CONTACT_THREADS) as pool:
                list(pool.map(self._store_contact, *zip(*contacts.items(), strict=True)))
        else:
            for subject, versions in contacts.items():
                self._store_contact(subject, versions)

    def _store_contact(self, subject: str, versions: list[ContactVersion]) -> None:
        for contact, occurred_at in versions:
            self._people.store_contact(subject, contact, occurred_at)


def fits_ledger(event: Event) -> bool:
    """Return whether the ledger can hold the event, its subjects included or not."""
    return len(encode_event(event)) <= MAX_EVENT_BYTES
