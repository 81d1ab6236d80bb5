"""Finding a person by an identifier in clear, told in a body and kept nowhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from regulars.api.profile_views import view
from regulars.domain.errors import InvalidRequestError, NotFoundError
from regulars.domain.identifiers import Identifier, normalized, subject_key
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.served_profiles import ServedProfiles


class Lookup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a lookup: exactly one identifier."""

    email: str | None = None
    phone: str | None = None
    user_id: str | None = None


@dataclass(frozen=True)
class Directory:
    """Where people are looked up; `country` reads phone numbers written the national way."""

    people: People
    profiles: ServedProfiles
    parameters: Parameters
    country: str

    def look_up(self, wanted: Lookup, now: datetime) -> dict[str, Any]:
        """The profile with its contact data; NotFoundError when nobody is known by the identifier."""
        subject = subject_key(self._identifier(wanted), self.parameters.pepper())
        profile_id = self.people.resolve([subject]).get(subject)
        person = self.profiles.scored(profile_id) if profile_id else None
        if person is None:
            raise NotFoundError("Nobody is known by this identifier.")
        return view(person, now) | {"contact": self.people.contacts(person.subjects)}

    def _identifier(self, wanted: Lookup) -> Identifier:
        told = msgspec.to_builtins(wanted).items()
        named = [(name, value) for name, value in told if value is not None]
        if len(named) != 1:
            raise InvalidRequestError("Send one of email, phone and user_id.", "invalid_lookup")
        namespace, value = named[0]
        identifier = normalized(namespace, self._e164(value) if namespace == "phone" else value)
        if identifier is None:
            raise InvalidRequestError(f"This is no usable {namespace}.", f"invalid_{namespace}")
        return identifier

    def _e164(self, phone: str) -> str:
        # Imported at the first phone: with it come all channels, and most answers need none.
        from regulars.channels.fields.phones import to_e164  # noqa: PLC0415

        return to_e164(phone, self.country)
