"""A shop in memory behind its real doors: tracking API, HTML form and webhooks, and people as the owner sees them."""

import json
from collections.abc import Container, Iterable
from datetime import timedelta
from typing import Any

import msgspec

from regulars.channels.contract import Draft, Request
from regulars.channels.registry import load_channel
from regulars.domain.consent import Consents
from regulars.domain.consent_decisions import may_send
from regulars.domain.contacts import ContactFact, ContactStatement
from regulars.domain.identifiers import Identifier, subject_key
from regulars.domain.orders import OrderTotals
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.identity.people import Person, find_people
from regulars.ingestion.order_claims import OrderClaims
from regulars.ingestion.recording import Recorder
from regulars.ingestion.tracking import TrackingReceiver
from regulars.profiles.decisions import PeopleDecisions, ProposedDecision
from regulars.profiles.person_contacts import PersonContacts
from regulars.profiles.update import update_profiles
from regulars.store.api_keys import ApiKey, ApiKeys, Scope
from regulars.store.contacts import Contacts
from regulars.store.order_sources import OrderSources
from tests.support.deliveries import NOW, form_delivery, json_delivery
from tests.support.export_files import import_content
from tests.support.memory_stores import MemoryStores
from tests.support.sale_lifecycles import FixedPepper, NoTombstones

PEPPER = FixedPepper().read_pepper()
SHOPIFY_HEADERS = {"x_shopify_shop_domain": "example-shop.myshopify.com"}


class MemoryContacts(Contacts):
    """The contact facts in memory."""

    def __init__(self) -> None:
        self.facts: dict[str, tuple[ContactFact, ...]] = {}

    def select_new(
        self,
        statements: Iterable[ContactStatement],
        erased: Container[str] = (),  # noqa: ARG002
    ) -> list[ContactStatement]:
        for statement in statements:
            known = self.facts.get(statement.subject, ())
            self.facts[statement.subject] = (*known, *statement.list_facts())
        return []

    def remember(self, statements: Iterable[ContactStatement]) -> None:
        pass

    def read_facts(self, subjects: Iterable[str]) -> list[ContactFact]:
        return [fact for subject in subjects for fact in self.facts.get(subject, ())]


class MemoryOrderSources(OrderSources):
    """The sources that report orders, in memory."""

    def __init__(self) -> None:
        self.days: dict[str, str] = {}

    def record_reports(self, sources: Iterable[str], day: str) -> None:
        self.days |= dict.fromkeys(sources, day)

    def list_reporters(self, since_day: str) -> list[str]:
        return [source for source, day in self.days.items() if day >= since_day]


class TwoKeys(ApiKeys):
    """A browser key and a server key of one source; the text of a key is its scope."""

    def __init__(self) -> None:
        pass

    def authenticate(self, text: str) -> ApiKey | None:
        scope: Scope = "server" if text == "server" else "browser"
        return ApiKey(id=text, scope=scope, label="", source="shop", created_at="")


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner sees of a person."""

    subjects: tuple[str, ...]
    contact: dict[str, str]
    orders: OrderTotals
    consents: Consents


class MemoryShop:
    """The doors and the stores of a shop; every call is recorded and folded at once, a second after the one before."""

    def __init__(self) -> None:
        self.memory, self.contacts = MemoryStores(), MemoryContacts()
        self.sources, self.moment = MemoryOrderSources(), NOW
        claims = OrderClaims(self.sources)
        stores = (self.memory.ledger, self.contacts, FixedPepper(), NoTombstones())
        self._recorder = Recorder(*stores, claims)
        rejects = self.memory.rejects
        self.people_contacts = PersonContacts(
            contacts=self.contacts,
            read_identities=self.memory.profiles.read_facts,
            read_pepper=FixedPepper().read_pepper,
        )
        self._receiver = TrackingReceiver(TwoKeys(), self._recorder, rejects, claims)

    def copy_shop(self) -> "MemoryShop":
        """Return a shop with the same content."""
        shop, memory = MemoryShop(), self.memory
        shop.moment = self.moment
        shop.memory.ledger.events |= memory.ledger.events
        shop.memory.profiles.stored_profiles |= memory.profiles.stored_profiles
        shop.memory.profiles.stored_identities |= memory.profiles.stored_identities
        shop.memory.profiles.pages |= memory.profiles.pages
        shop.memory.orders.records |= memory.orders.records
        shop.contacts.facts |= self.contacts.facts
        shop.sources.days |= self.sources.days
        return shop

    def send_call(self, kind: str, body: object, key: str = "browser") -> None:
        """Send a call of the tracking API, `body` as JSON unless it is bytes; raise RegularsError when it is refused."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = msgspec.structs.replace(json_delivery({}), source="", body=raw)
        self._receiver.receive(kind, self._stamp(request), key, "")
        self._fold()

    def submit_form(self, fields: dict[str, str]) -> None:
        """Submit an HTML form; raise RegularsError when it is refused."""
        self._record(load_channel("form").translate(self._stamp(form_delivery(fields))))

    def deliver(self, channel: str, body: object, **headers: str) -> None:
        """Deliver a webhook whose signature was verified."""
        self._record(
            load_channel(channel).translate(self._stamp(json_delivery(body, None, **headers)))
        )

    def deliver_shopify(self, topic: str, body: dict[str, Any]) -> None:
        """Deliver a webhook of Shopify."""
        self.deliver("shopify", body, x_shopify_topic=topic, **SHOPIFY_HEADERS)

    def deliver_woocommerce(self, body: dict[str, Any]) -> None:
        """Deliver a new order of WooCommerce."""
        self.deliver("woocommerce", body, x_wc_webhook_topic="order.created")

    def import_file(self, content: str, folder: str = "") -> None:
        """Import a CSV file of the owner, in the folder of its account such as `shopify/main/`."""
        drafts = import_content(content, folder=folder).drafts
        self._record([self._recorder.add_subjects_to_id(draft) for draft in drafts])

    def split_person(self, namespace: str, value: str) -> str:
        """Separate an identifier from its person; return the id of the decision."""
        subjects = self.find_person(namespace, value).subjects
        subject = subject_key(Identifier(namespace, value), PEPPER)
        others = [other for other in subjects if other != subject]
        return self._decide(self._decisions.propose_separation([subject], others, self.moment))

    def undo_decision(self, decision_id: str) -> str:
        """Take a decision back; return the id of the decision that does."""
        return self._decide(self._decisions.propose_undo(decision_id, self.moment))

    def find_person(self, namespace: str, value: str) -> Person:
        """Return the person whom an identifier names; raise KeyError for an unknown one."""
        subject = subject_key(Identifier(namespace, value), PEPPER)
        return find_people([subject], self.memory.profiles.read_facts)[subject]

    def describe_person(self, namespace: str, value: str) -> PersonView:
        """Return what the owner sees of the person whom an identifier names; raise KeyError for an unknown one."""
        return self._describe(self.find_person(namespace, value))

    def list_buyers(self) -> list[PersonView]:
        """Return the people who have orders, by their e-mail addresses."""
        people = map(self._describe, self.memory.list_people().values())
        buyers = (person for person in people if person.orders.count)
        return sorted(buyers, key=lambda person: person.contact.get("email", ""))

    def decide_sending(self, address: str, channel: str = "email") -> str:
        """Return why marketing may or may not be sent to an e-mail address."""
        subject = subject_key(Identifier("email", address), PEPPER)
        consents = self.describe_person("email", address).consents
        return may_send(consents, channel, "marketing", subject, self.moment).reason

    def _describe(self, person: Person) -> PersonView:
        state = self.memory.read_person(person).state
        return PersonView(
            subjects=person.subjects,
            contact=self.people_contacts.read_contact(person.subjects).values,
            orders=state.orders,
            consents=state.consents,
        )

    @property
    def _decisions(self) -> PeopleDecisions:
        return PeopleDecisions(profiles=self.memory.profiles, ledger=self.memory.ledger)

    def _decide(self, proposed: ProposedDecision) -> str:
        self.moment += timedelta(seconds=1)
        decision_id = self._decisions.record_decision(proposed)
        self._fold()
        return decision_id

    def _stamp(self, request: Request) -> Request:
        self.moment += timedelta(seconds=1)
        return msgspec.structs.replace(request, received_at=self.moment)

    def _record(self, drafts: list[Draft]) -> None:
        self._recorder.record(drafts)
        self._fold()

    def _fold(self) -> None:
        """Fold the events that no profile has seen, as the stream delivers them."""
        events = self.memory.ledger.take_new_events()
        update_profiles(ChangeBatch(tuple(map(EventChange, events))), self.memory.stores, NOW)
