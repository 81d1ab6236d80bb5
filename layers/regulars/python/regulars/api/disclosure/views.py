"""Show what is held about a person: contact data with sources, consent, orders, results and events."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from regulars.domain.consent import Consents, ConsentStatements
from regulars.domain.contacts import Contact, ContactFact
from regulars.domain.events import Item
from regulars.domain.money import format_major_units
from regulars.profiles.people import KnownDecision, PersonDetails
from regulars.profiles.person_history import PersonEvent, PersonOrder
from regulars.store.person_items import PersonItems
from regulars.store.products import Product


def identifiers_view(details: PersonDetails, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the identifiers; `value` is None where only the keyed hash is stored."""
    return [
        msgspec.structs.asdict(one) | {"value": values.get(one.subject)}
        for one in details.identifiers
    ]


def facts_view(facts: Iterable[ContactFact], contact: Contact) -> list[dict[str, Any]]:
    """Return all that was stated of the contact data, oldest first, and whether it is in use."""
    return [
        {
            "field": fact.field,
            "value": fact.value,
            "stated_at": fact.at,
            "source": fact.source,
            "trust": fact.trust.name.lower(),
            "subject": fact.subject,
            "in_use": contact.values.get(fact.field) == fact.value,
        }
        for fact in sorted(facts, key=lambda one: (one.field, one.at, one.value, one.source))
    ]


def decisions_view(
    decisions: Iterable[KnownDecision], subjects: Collection[str]
) -> list[dict[str, Any]]:
    """Return the owner's decisions, without the identifiers of other people."""
    return [
        msgspec.to_builtins(decision)
        | {
            side: [subject for subject in getattr(decision, side) if subject in subjects]
            for side in ("left", "right")
        }
        for decision in decisions
    ]


def consents_view(consents: Consents, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return every statement of consent with its channel, purpose and address, and its source, wording and time."""
    rows = [
        *_list_statements(consents.statements, values, is_claim=False),
        *_list_statements(consents.claims, values, is_claim=True),
    ]
    return sorted(rows, key=lambda row: (row["channel"], row["subject"] or "", row["at"]))


def orders_view(
    orders: Iterable[PersonOrder], products: Mapping[str, Product]
) -> list[dict[str, Any]]:
    """Return the orders with their items; amounts are decimal texts in the order's currency."""
    return [_order_view(order, products) for order in orders]


def results_view(
    results: Mapping[str, PersonItems], products: Mapping[str, Product]
) -> list[dict[str, Any]]:
    """Return what the scoring computed, by the profile id under which it is stored."""
    return [
        {
            "profile_id": profile_id,
            "scores": items.scores,
            "recommendations": items.candidates,
            "product_names": {
                product_id: products[product_id].name
                for product_id in list_candidate_ids(items)
                if product_id in products
            },
        }
        for profile_id, items in results.items()
        if items.scores or items.candidates
    ]


def event_view(person_event: PersonEvent, subjects: Collection[str]) -> dict[str, Any]:
    """Return an event with all its fields, without the identifiers of other people."""
    event: dict[str, Any] = msgspec.to_builtins(person_event.event)
    event["subjects"] = [subject for subject in person_event.event.subjects if subject in subjects]
    if "consents" in event:
        own = {"", *subjects}
        event["consents"] = [one for one in event["consents"] if one.get("address", "") in own]
    return event | {"counted_here": person_event.is_counted_here}


def list_candidate_ids(items: PersonItems) -> list[str]:
    """Return the ids of the products that are recommended."""
    return [str(candidate[0]) for candidate in items.candidates.get("candidates", ())]


def _list_statements(
    statements: ConsentStatements, values: Mapping[str, str], *, is_claim: bool
) -> Iterator[dict[str, Any]]:
    for key, statement in statements.items():
        channel, purpose, address, status = key.split("/")
        yield {
            "channel": channel,
            "purpose": purpose,
            "subject": address or None,
            "address": values.get(address),
            "status": status,
            **{name: getattr(statement, name) for name in statement.__struct_fields__},
            "is_claim": is_claim,
        }


def _order_view(person_order: PersonOrder, products: Mapping[str, Product]) -> dict[str, Any]:
    order = person_order.record.order
    return {
        "order": person_order.record.key,
        "placed_at": order.order_time,
        "status": order.status or "only a refund is known",
        "total": format_major_units(order.total, order.currency),
        "refunded": format_major_units(order.refund_total, order.currency),
        "currency": order.currency,
        "claimed": order.claimed,
        "counted_here": person_order.is_counted_here,
        "items": [_item_view(item, order.currency, products) for item in person_order.items],
    }


def _item_view(item: Item, currency: str, products: Mapping[str, Product]) -> dict[str, Any]:
    product = products.get(item.product_id, Product())
    return {
        "product_id": item.product_id,
        "name": item.name or product.name,
        "category": item.category or product.category,
        "quantity": item.quantity,
        "price": None if item.price is None else format_major_units(item.price, currency),
    }
