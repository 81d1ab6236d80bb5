"""Choose the contact data of a person among all that was stated about it: a pure function of the set of facts."""

from collections.abc import Iterable

import msgspec

from regulars.domain.trust import Trust

ADDRESS_FIELDS = ("email", "phone")  # those whose value is an identifier


class ContactFact(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that a field of the contact data of a subject has a value.

    `at` is the time of the newest event that says so (RFC 3339, UTC), `source` the source of that event.
    """

    subject: str
    field: str
    value: str
    at: str
    source: str
    trust: Trust


class ContactStatement(msgspec.Struct, frozen=True, kw_only=True):
    """All contact data that one event states of one subject; the fields are those of `ContactFact`."""

    subject: str
    values: dict[str, str]
    at: str
    source: str
    trust: Trust

    def list_facts(self) -> list[ContactFact]:
        """Return one fact for each field."""
        return [
            ContactFact(
                subject=self.subject,
                field=field,
                value=value,
                at=self.at,
                source=self.source,
                trust=self.trust,
            )
            for field, value in self.values.items()
        ]


class Contact(msgspec.Struct, frozen=True):
    """The contact data of a person by field, and the claims: what browsers state otherwise, newest first."""

    values: dict[str, str]
    claims: tuple[ContactFact, ...] = ()


def choose_contacts(facts: Iterable[ContactFact]) -> Contact:
    """Return the value of each field with the strongest trust, then the newest time; the order of facts is irrelevant.

    Once a strong source states contact data of a person, browsers neither change nor complete it: anybody can send what a
    browser sends. Their statements are claims then, until a strong source states the same value.
    """
    ranked = sorted(facts, key=_rank_of, reverse=True)
    is_known = any(fact.trust.is_strong for fact in ranked)
    values: dict[str, str] = {}
    claims: dict[tuple[str, str], ContactFact] = {}
    for fact in ranked:
        if fact.trust.is_strong or not is_known:
            values.setdefault(fact.field, fact.value)
        elif values.get(fact.field) != fact.value:
            claims.setdefault((fact.field, fact.value), fact)
    return Contact(dict(sorted(values.items())), tuple(claims.values()))


def _rank_of(fact: ContactFact) -> tuple[int, str, str, str, str, str]:
    """Return a key that is greatest for the fact that counts; the value decides between two of one time."""
    return -fact.trust, fact.at, fact.value, fact.source, fact.field, fact.subject
