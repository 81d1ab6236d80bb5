"""Name identifiers in clear: an identifier is stored as a keyed hash, which the person's own contact data explains."""

from collections.abc import Iterable

from regulars.domain.contacts import ContactFact
from regulars.domain.identifiers import list_identifiers, subject_key

# A field of the contact data → the kinds of identifier that its value may be.
NAMESPACES_BY_FIELD = {"email": ("email", "user_id"), "phone": ("phone",)}


def name_subjects(facts: Iterable[ContactFact], pepper: bytes) -> dict[str, str]:
    """Return in clear the subjects whose value the contact data holds."""
    return {
        subject_key(identifier, pepper): identifier.value
        for fact in facts
        for namespace in NAMESPACES_BY_FIELD.get(fact.field, ())
        for identifier in list_identifiers(namespace, fact.value)
    }
