"""Record drafts: contact data in the CONTACTS table, and the event, which names nobody, in the ledger."""

from collections.abc import Callable, Sequence

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.contacts import ContactStatement
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, encode_event, event_id
from regulars.domain.identifiers import subject_keys
from regulars.domain.tombstones import Tombstones
from regulars.domain.trust import trust_of
from regulars.ingestion.consent_addresses import name_addresses
from regulars.ingestion.erased_contacts import redact_contact
from regulars.ingestion.order_claims import OrderClaims
from regulars.ingestion.stated_identifiers import count_dropped, limit_identifiers
from regulars.store.contacts import Contacts
from regulars.store.ledger import Ledger, RecordedEvents
from regulars.store.parameters import Parameters
from regulars.store.tombstones import TombstoneStore

MAX_EVENT_BYTES = 350_000  # an item of the ledger may hold 400 KB
ANONYMOUS_PREFIX = "a:"

type StatedEvent = tuple[Event, dict[str, str]]  # an event, and the contact data that it states


class Recorder:
    """Stores the events and the contact data of drafts; hashes identifiers with the deployment's pepper.

    `claims` remembers the sources of orders; None for history, which no source goes on to report. `on_dropped` receives
    the number of identifiers that drafts may not name.
    """

    def __init__(
        self,
        ledger: Ledger,
        contacts: Contacts,
        parameters: Parameters,
        tombstones: TombstoneStore,
        claims: OrderClaims | None = None,
        on_dropped: Callable[[int], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._contacts = contacts
        self._parameters = parameters
        self._tombstones = tombstones
        self._claims = claims
        self._on_dropped = on_dropped

    def record(self, drafts: Sequence[Draft]) -> RecordedEvents:
        """Store all drafts; raise InvalidEventError when one is too large.

        Every event passes here, so this is where a draft that a stranger may have sent loses the identifiers that it
        may not name. When an event is in the ledger, the contact data of its person is stored too. What happened to a
        person before an erasure is not stored and counts as known, so that nobody sends it again; an event of somebody
        else is stored without the erased person.
        """
        drafts = self._limit_identifiers(drafts)
        tombstones = self._tombstones.read_tombstones()
        pairs = [(self._to_event(draft), draft.contact) for draft in drafts]
        if not tombstones.erased_at:
            return self._record_events(pairs, tombstones)
        kept = [
            pair for event, contact in pairs if (pair := self._redact(event, contact, tombstones))
        ]
        kept_ids = {event.id for event, _ in kept}
        erased_ids = tuple(event.id for event, _ in pairs if event.id not in kept_ids)
        if erased_ids:
            _log_dropped_events(len(erased_ids))
        recorded = self._record_events(kept, tombstones) if kept else RecordedEvents()
        return RecordedEvents(recorded.new, (*recorded.known, *erased_ids))

    def _limit_identifiers(self, drafts: Sequence[Draft]) -> list[Draft]:
        limited = [limit_identifiers(draft) for draft in drafts]
        if self._on_dropped and (count := count_dropped(drafts, limited)):
            self._on_dropped(count)
        return limited

    def _redact(
        self, event: Event, contact: dict[str, str], tombstones: Tombstones
    ) -> StatedEvent | None:
        """Return an event and its contact data without erased people; None for one of theirs."""
        redacted = tombstones.redact(event)
        if redacted is None:
            return None
        return redacted, redact_contact(contact, event, tombstones, self._parameters.read_pepper())

    def _record_events(
        self, pairs: Sequence[StatedEvent], tombstones: Tombstones
    ) -> RecordedEvents:
        """Store events with the contact data that each states."""
        stated = (build_statement(event, contact) for event, contact in pairs)
        statements = self._contacts.select_new(filter(None, stated), tombstones.erased_at)
        events = [event for event, _ in pairs]
        recorded = self._write(events, statements)
        self._contacts.remember(statements)
        if self._claims:
            self._claims.remember_reports(events)
        return recorded

    def add_subjects_to_id(self, draft: Draft) -> Draft:
        """Return the draft with an event id that also depends on the person, whose identifiers only the pepper hashes."""
        subjects = subject_keys(draft.identifiers, self._parameters.read_pepper())
        id_ = event_id(draft.event.id, *subjects)
        return msgspec.structs.replace(draft, event=msgspec.structs.replace(draft.event, id=id_))

    def _to_event(self, draft: Draft) -> Event:
        """Return the draft's event with the subject keys of its person and of the addresses of its consents."""
        subjects = subject_keys(draft.identifiers, self._parameters.read_pepper())
        if not fits_ledger(draft.event):
            raise InvalidEventError("The event is too large to be stored.", "event_too_large")
        consents = name_addresses(draft, self._parameters.read_pepper())
        return msgspec.structs.replace(draft.event, subjects=subjects, consents=consents)

    def _write(
        self, events: Sequence[Event], statements: Sequence[ContactStatement]
    ) -> RecordedEvents:
        """Store a single event and its contact data in one call, several events after their contact data.

        When the transaction finds a part stored already, both are stored one after the other.
        """
        if statements and len(events) == 1:
            puts = list(map(self._contacts.build_put, statements))
            if self._ledger.record_beside(events[0], puts):
                return RecordedEvents(new=(events[0].id,))
        if statements:
            self._contacts.store_statements(statements)
        return self._ledger.record_events(events)


def _log_dropped_events(count: int) -> None:
    # Imported when events are dropped: the logging library is a tenth of a cold start.
    from regulars.transport.logging import LOGGER  # noqa: PLC0415

    LOGGER.info("events of erased people were dropped", events=count)


def build_statement(event: Event, contact: dict[str, str]) -> ContactStatement | None:
    """Return what an event states of its strongest subject; None without contact data or when it names only devices."""
    keys = (key for key in event.subjects if not key.startswith(ANONYMOUS_PREFIX))
    subject = next(keys, None)
    if not (subject and contact):
        return None
    return ContactStatement(
        subject=subject,
        values=contact,
        at=event.occurred_at,
        source=event.source,
        trust=trust_of(event),
    )


def fits_ledger(event: Event) -> bool:
    """Return whether the ledger can hold the event, its subjects included or not."""
    return len(encode_event(event)) <= MAX_EVENT_BYTES
