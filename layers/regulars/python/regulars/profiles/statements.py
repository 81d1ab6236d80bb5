"""Store what events say about identity with each subject that they name."""

from collections.abc import Iterable

from msgspec.structs import replace

from regulars.domain.events import Event
from regulars.domain.identity_facts import IdentityFacts, limit_links, split_facts
from regulars.domain.identity_statements import collect_facts
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import SubjectIdentity, SubjectItems


def record_statements(
    stores: ProfileStores, events: Iterable[Event], items: SubjectItems
) -> dict[str, SubjectIdentity]:
    """Add the facts of these events to the identities of the subjects they name; return these identities.

    Raise ConcurrentUpdateError when another worker wrote one of them since `items` was read.
    """
    identities = {}
    for subject, facts in split_facts(collect_facts(events)).items():
        identity = items.get_identity(subject)
        identities[subject] = successor = add_facts(identity, facts)
        if successor is not identity:
            stores.profiles.write_identity(successor)
    return identities


def add_facts(identity: SubjectIdentity, facts: IdentityFacts) -> SubjectIdentity:
    """Return the identity with these facts added; the same identity when they add nothing."""
    if identity.rev and identity.facts.includes(facts):
        return identity
    combined = limit_links(identity.facts.combine(facts))
    if combined == identity.facts:
        return identity
    return replace(identity, facts=combined, rev=identity.rev + 1)
