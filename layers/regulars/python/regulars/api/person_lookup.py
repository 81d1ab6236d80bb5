"""Look up a person by an identifier in clear, which comes in the request body and is stored nowhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from regulars.api.profile_views import profile_view
from regulars.domain.errors import InvalidRequestError, NotFoundError
from regulars.domain.identifiers import Identifier, normalize_identifier, subject_key
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.served_profiles import ServedProfiles


class LookupRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a lookup: exactly one identifier."""

    email: str | None = None
    phone: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PersonDirectory:
    """The stores for lookups; phone numbers in a national format are read as numbers of `country`."""

    people: People
    profiles: ServedProfiles
    parameters: Parameters
    country: str

    def look_up_person(self, request: LookupRequest, now: datetime) -> dict[str, Any]:
        """Return the profile with its contact data; raise NotFoundError when the identifier is unknown."""
        identifier = self._parse_identifier(request)
        subject = subject_key(identifier, self.parameters.read_pepper())
        profile_id = self.people.resolve_subjects([subject]).get(subject)
        profile = self.profiles.find_with_scores(profile_id) if profile_id else None
        if profile is None:
            raise NotFoundError("No person is known by this identifier.")
        contact = self.people.read_contacts(profile.subjects)
        return profile_view(profile, now) | {"contact": contact}

    def _parse_identifier(self, request: LookupRequest) -> Identifier:
        fields = msgspec.to_builtins(request).items()
        identifiers = [(name, value) for name, value in fields if value is not None]
        if len(identifiers) != 1:
            raise InvalidRequestError("Send one of email, phone and user_id.", "invalid_lookup")
        namespace, value = identifiers[0]
        text = self._normalize_phone(value) if namespace == "phone" else value
        identifier = normalize_identifier(namespace, text)
        if identifier is None:
            raise InvalidRequestError(f"This is no valid {namespace}.", f"invalid_{namespace}")
        return identifier

    def _normalize_phone(self, phone: str) -> str:
        # Imported at the first phone number: it draws in all channels, and most requests need none.
        from regulars.channels.fields.phones import to_e164  # noqa: PLC0415

        return to_e164(phone, self.country)
