"""Collect the identifiers and the contact data of the person that a delivery names."""

from collections.abc import Mapping
from typing import Any

from regulars.channels.fields.phones import to_e164
from regulars.domain.identifiers import Identifier, list_identifiers

MAX_NAME_CHARACTERS = 256
MAX_IDENTIFIERS = 100  # a delivery that names more identifies no single person
# The name under which a channel sends a name → its field of the contact data.
NAME_FIELDS = {
    "first_name": "first_name",
    "firstName": "first_name",
    "firstname": "first_name",
    "last_name": "last_name",
    "lastName": "last_name",
    "lastname": "last_name",
    "name": "name",
}


class PersonBuilder:
    """Collects the identifiers and the contact data of one person in one delivery."""

    def __init__(self, default_country: str) -> None:
        self._default_country = default_country
        self._identifiers: dict[Identifier, None] = {}
        self.contact: dict[str, str] = {}
        self._has_sent_email = False

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """The valid identifiers, each once, in the order in which they were added."""
        return tuple(self._identifiers)

    def add_identifier(self, namespace: str, value: object, scope: str = "") -> None:
        """Add an identifier if it is valid; an e-mail address or a phone number is contact data, too.

        A user id that is an e-mail address is both.
        """
        if value is None or value == "":
            return
        if namespace == "phone":
            value = to_e164(value, self._default_country) if isinstance(value, str) else ""
        for identifier in list_identifiers(namespace, value, scope):
            self._add_normalized(identifier, is_sent=identifier.namespace == namespace)

    def add_contact(self, fields: Mapping[str, Any]) -> None:
        """Add e-mail address, phone number and names of a customer, a form or traits; keep those that are there."""
        if not fields:
            return
        self.add_identifier("email", fields.get("email"))
        self.add_identifier("phone", fields.get("phone"))
        for sent_name, name in NAME_FIELDS.items():
            value = fields.get(sent_name)
            if isinstance(value, str) and value.strip():
                self.contact.setdefault(name, value.strip()[:MAX_NAME_CHARACTERS])

    def _add_normalized(self, identifier: Identifier, *, is_sent: bool) -> None:
        """Add an identifier; an address that was sent as one is better contact data than a user id that is one."""
        if len(self._identifiers) >= MAX_IDENTIFIERS:
            return
        self._identifiers.setdefault(identifier)
        if identifier.namespace not in {"email", "phone"}:
            return
        if is_sent and identifier.namespace == "email" and not self._has_sent_email:
            self._has_sent_email = True
            self.contact["email"] = identifier.value
        self.contact.setdefault(identifier.namespace, identifier.value)
