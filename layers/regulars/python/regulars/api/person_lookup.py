"""Look up a person by an identifier in clear, which comes in the request body and is stored nowhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from regulars.api.contact_views import contact_view
from regulars.api.profile_views import profile_view
from regulars.domain.errors import InvalidRequestError, NotFoundError
from regulars.domain.identifiers import Identifier, list_identifiers, subject_key
from regulars.profiles.person_contacts import PersonContacts
from regulars.profiles.served_profiles import ServedProfiles
from regulars.store.parameters import Parameters


class LookupRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a lookup: exactly one identifier."""

    email: str | None = None
    phone: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PersonDirectory:
    """The stores for lookups; phone numbers in a national format are read as numbers of `country`."""

    contacts: PersonContacts
    profiles: ServedProfiles
    parameters: Parameters
    country: str

    def look_up_person(self, request: LookupRequest, now: datetime) -> dict[str, Any]:
        """Return the profile with its contact data; raise NotFoundError when the identifier is unknown."""
        profile = self.profiles.find_by_subjects(self.list_subjects(request))
        if profile is None:
            raise NotFoundError("No person is known by this identifier.")
        contact = self.contacts.read_contact(profile.subjects)
        return profile_view(profile, now) | contact_view(contact)

    def list_subjects(self, request: LookupRequest) -> list[str]:
        """Return the subjects of the identifier, strongest first; raise InvalidRequestError when it is not one."""
        return [
            subject_key(identifier, self.parameters.read_pepper())
            for identifier in self._parse_identifiers(request)
        ]

    def _parse_identifiers(self, request: LookupRequest) -> tuple[Identifier, ...]:
        fields = msgspec.to_builtins(request).items()
        values = [(name, value) for name, value in fields if value is not None]
        if len(values) != 1:
            raise InvalidRequestError(
                "Send one of `email`, `phone` and `user_id`.", "invalid_lookup"
            )
        namespace, value = values[0]
        text = self._normalize_phone(value) if namespace == "phone" else value
        identifiers = list_identifiers(namespace, text)
        if not identifiers:
            raise self._build_refusal(namespace, value)
        return identifiers

    def _build_refusal(self, namespace: str, value: str) -> InvalidRequestError:
        # Imported at the first refusal, as phone numbers below.
        from regulars.identity.identifier_refusals import explain_refusal  # noqa: PLC0415

        reason = explain_refusal(namespace, value, self.country)
        return InvalidRequestError(
            f"This value of `{namespace}` identifies nobody: {reason}.", f"invalid_{namespace}"
        )

    def _normalize_phone(self, phone: str) -> str:
        # Imported at the first phone number: it draws in all channels, and most requests need none.
        from regulars.channels.fields.phones import to_e164  # noqa: PLC0415

        return to_e164(phone, self.country)
