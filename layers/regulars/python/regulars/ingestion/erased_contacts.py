"""Leave the addresses of erased people out of contact data that is stated of somebody else."""

from collections.abc import Mapping

from regulars.domain.contacts import ADDRESS_FIELDS
from regulars.domain.events import Event
from regulars.domain.identifiers import list_identifiers, subject_key
from regulars.domain.tombstones import Tombstones, time_of_origin


def redact_contact(
    contact: Mapping[str, str], event: Event, tombstones: Tombstones, pepper: bytes
) -> dict[str, str]:
    """Return the contact data without the addresses of people who were erased after the event happened."""
    at = time_of_origin(event)

    def is_erased(field: str, value: str) -> bool:
        keys = (subject_key(one, pepper) for one in list_identifiers(field, value))
        return any(at <= tombstones.erased_at[key] for key in keys if key in tombstones.erased_at)

    return {
        field: value
        for field, value in contact.items()
        if field not in ADDRESS_FIELDS or not is_erased(field, value)
    }
