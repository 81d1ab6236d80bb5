"""Find the subjects that a text typed by the owner may name: an address, a phone number, a user id, a device."""

import re
from collections.abc import Iterator

from regulars.channels.fields.phones import to_e164
from regulars.domain.identifiers import Identifier, list_identifiers, subject_key

SUBJECT_PATTERN = re.compile(r"[uepca]:[\w-]{16,}")


def list_possible_subjects(text: str, pepper: bytes, country: str) -> list[str]:
    """Return the subjects that a text may name, the likeliest first.

    A subject names itself. A phone number in a national format is read as one of `country`.
    """
    if SUBJECT_PATTERN.fullmatch(text):
        return [text]
    subjects = (subject_key(one, pepper) for one in _list_readings(text.strip(), country))
    return list(dict.fromkeys(subjects))


def _list_readings(text: str, country: str) -> Iterator[Identifier]:
    if "@" in text:
        yield from list_identifiers("email", text)
    if phone := to_e164(text, country):
        yield from list_identifiers("phone", phone)
    yield from list_identifiers("user_id", text)
    yield from list_identifiers("anonymous_id", text)
