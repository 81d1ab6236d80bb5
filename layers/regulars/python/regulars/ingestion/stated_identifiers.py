"""Limit whom a message that anybody can send may name: one identifier of each kind."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from regulars.channels.contract import Draft
from regulars.domain.identifiers import Identifier
from regulars.domain.trust import trust_of

# The property of an event that counts the identifiers which were not taken from its message.
DROPPED_PROPERTY = "dropped_identifiers"
DEVICE_NAMESPACE = "anonymous_id"
ALIAS_TYPE = "Aliased"
_CONTACT_NAMESPACES = ("email", "phone")


def limit_identifiers(draft: Draft) -> Draft:
    """Return a draft that a stranger may have sent with the identifiers that it may name; any other unchanged.

    The first identifier of each kind counts, where each provider's customer numbers are a kind; an alias names one
    device and one other identifier. The event counts the dropped ones, and its contact data holds none of them.
    """
    if trust_of(draft.event).is_strong:
        return draft
    identifiers = tuple(_select_first_of_kinds(draft.identifiers))
    if draft.event.type == ALIAS_TYPE:
        identifiers = tuple(_select_alias(identifiers))
    dropped_count = len(set(draft.identifiers)) - len(identifiers)
    if not dropped_count:
        return draft
    properties = draft.event.properties | {DROPPED_PROPERTY: dropped_count}
    event = msgspec.structs.replace(draft.event, properties=properties)
    return Draft(event, identifiers, _select_contact(draft.contact, identifiers))


def count_dropped(drafts: Iterable[Draft], limited: Iterable[Draft]) -> int:
    """Return how many identifiers of these drafts their limited forms do not have."""
    return sum(
        after.event.properties[DROPPED_PROPERTY]
        for before, after in zip(drafts, limited, strict=True)
        if after is not before
    )


def _select_first_of_kinds(identifiers: Sequence[Identifier]) -> Iterator[Identifier]:
    kinds: set[tuple[str, str]] = set()
    for identifier in identifiers:
        kind = (identifier.namespace, identifier.scope)
        if kind not in kinds:
            kinds.add(kind)
            yield identifier


def _select_alias(identifiers: Sequence[Identifier]) -> Iterator[Identifier]:
    """Yield the device, and the first other identifier: a user id that is an address is both."""
    known = next((one for one in identifiers if one.namespace != DEVICE_NAMESPACE), None)
    for identifier in identifiers:
        is_known = known is not None and identifier.value == known.value
        if is_known or identifier.namespace == DEVICE_NAMESPACE:
            yield identifier


def _select_contact(contact: dict[str, str], identifiers: Sequence[Identifier]) -> dict[str, str]:
    """Return the contact data with the address and the phone number that the event names."""
    named = {
        one.namespace: one.value for one in identifiers if one.namespace in _CONTACT_NAMESPACES
    }
    return {name: text for name, text in contact.items() if name not in _CONTACT_NAMESPACES} | named
