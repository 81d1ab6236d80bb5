"""Collect everything that is held about a person, from every store that knows people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from regulars.api.disclosure.clear_values import name_subjects
from regulars.api.disclosure.disclosure import Disclosure
from regulars.api.disclosure.views import (
    consents_view,
    decisions_view,
    event_view,
    facts_view,
    identifiers_view,
    list_candidate_ids,
    orders_view,
    results_view,
)
from regulars.api.profile_views import profile_view
from regulars.domain.contacts import choose_contacts
from regulars.domain.identifiers import profile_id_of
from regulars.domain.times import to_text
from regulars.profiles.people import PeopleDirectory, PersonDetails
from regulars.profiles.person_contacts import PersonContacts
from regulars.profiles.person_history import HistoryReader, PersonHistory
from regulars.profiles.served_profiles import ScoredProfile
from regulars.store import schema
from regulars.store.parameters import Parameters
from regulars.store.person_items import PersonItemReader
from regulars.store.products import Products


@dataclass(frozen=True, kw_only=True)
class DisclosureDesk:
    """The stores that hold data of people."""

    directory: PeopleDirectory
    contacts: PersonContacts
    history: HistoryReader
    person_items: PersonItemReader
    products: Products
    parameters: Parameters

    def disclose_person(self, profile_id: str, now: datetime) -> Disclosure:
        """Return everything that is held about the person with this id; raise NotFoundError when there is none."""
        profile = self.directory.require_person(profile_id)
        subjects = frozenset(profile.subjects)
        history = self.history.open_history(subjects)
        parts = {
            "created_at": to_text(now),
            **self._describe_identity(self.directory.describe_person(profile)),
            "profile": profile_view(profile, now),
            **self._describe_purchases(profile, history),
        }

        def list_events() -> Iterator[dict[str, Any]]:
            return (event_view(event, subjects) for event in history.list_events())

        return Disclosure(profile.profile_id, parts, list_events)

    def _describe_identity(self, details: PersonDetails) -> dict[str, Any]:
        subjects = details.profile.subjects
        facts = self.contacts.read_facts(subjects)
        contact = choose_contacts(facts)
        values = name_subjects(facts, self.parameters.read_pepper())
        return {
            "contact": contact.values,
            "contact_facts": facts_view(facts, contact),
            "identifiers": identifiers_view(details, values),
            "links": msgspec.to_builtins(details.links),
            "decisions": decisions_view(details.decisions, subjects),
            "proposals": [
                {"subject": proposal.subject, "reason": proposal.reason, "text": proposal.text}
                for proposal in details.proposals
            ],
            "consents": consents_view(details.profile.state.consents, values),
        }

    def _describe_purchases(self, profile: ScoredProfile, history: PersonHistory) -> dict[str, Any]:
        orders = history.list_orders()
        # Before people were joined, the scoring may have stored results under the id of each.
        ids = dict.fromkeys((profile.profile_id, *map(profile_id_of, profile.subjects)))
        results = {
            id_: self.person_items.query_items(id_, schema.RECOMMENDATIONS_SORT_KEY) for id_ in ids
        }
        product_ids = [item.product_id for order in orders for item in order.items]
        for items in results.values():
            product_ids += list_candidate_ids(items)
        products = self.products.find_products(product_ids)
        return {
            "orders": orders_view(orders, products),
            "results": results_view(results, products),
        }
