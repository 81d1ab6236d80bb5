"""Collect the identifiers and the contact data of the person that a delivery names."""

from collections.abc import Mapping
from typing import Any

from regulars.channels.fields.phones import e164
from regulars.domain.identifiers import Identifier, normalized

LONGEST = 256
MOST = 100  # identifiers; a delivery that names more speaks of no one
# The fields of contact data, by the names under which channels send them.
NAMES = {
    "first_name": "first_name",
    "firstName": "first_name",
    "firstname": "first_name",
    "last_name": "last_name",
    "lastName": "last_name",
    "lastname": "last_name",
    "name": "name",
}


class Person:
    """Collects what one delivery says of one person."""

    def __init__(self, default_country: str) -> None:
        self._default_country = default_country
        self._identifiers: dict[Identifier, None] = {}
        self.contact: dict[str, str] = {}

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """Every worthy identifier, each once, in the order added."""
        return tuple(self._identifiers)

    def add(self, namespace: str, value: object, scope: str = "") -> None:
        """Take an identifier if it is worth something; an e-mail or phone is contact data too."""
        if value is None or value == "":
            return
        if namespace == "phone":
            value = e164(value, self._default_country) if isinstance(value, str) else ""
        identifier = normalized(namespace, value, scope)
        if identifier is None or len(self._identifiers) >= MOST:
            return
        self._identifiers.setdefault(identifier)
        if namespace in {"email", "phone"}:
            self.contact.setdefault(namespace, identifier.value)

    def describe(self, fields: Mapping[str, Any]) -> None:
        """Take e-mail, phone and names from a customer, a form or traits; what is there already stays."""
        if not fields:
            return
        self.add("email", fields.get("email"))
        self.add("phone", fields.get("phone"))
        for said, name in NAMES.items():
            value = fields.get(said)
            if isinstance(value, str) and value.strip():
                self.contact.setdefault(name, value.strip()[:LONGEST])
