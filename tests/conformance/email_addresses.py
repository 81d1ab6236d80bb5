"""Finds e-mail addresses in events: the ledger must not contain one."""

import re

from regulars.domain.events import Event, encode_event

EMAIL_PATTERN = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def find_addresses(event: Event) -> list[str]:
    """Return the e-mail addresses in the stored form of an event."""
    return EMAIL_PATTERN.findall(encode_event(event).decode())
