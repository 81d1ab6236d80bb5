"""Rank how far the statement of an event can be trusted: by who could have sent it."""

from enum import IntEnum
from typing import Final

from regulars.domain.events import Event

# Anybody can send to these channels: the key or the URL is in the source of a public page.
PUBLIC_CHANNELS = frozenset({"segment", "form"})
SERVER_TRUST: Final = "server"  # as an event stores it


class Trust(IntEnum):
    """Who vouches for a statement; a lower value is stronger evidence.

    `BROWSER` is a publishable key or a public form, `SERVER` a secret key, `VERIFIED` a signed webhook, a provider's API
    or a file that the owner imported, `OWNER` the owner's own decision.
    """

    OWNER = 0
    VERIFIED = 1
    SERVER = 2
    BROWSER = 3

    @property
    def is_strong(self) -> bool:
        """Whether a stranger cannot have made the statement."""
        return self < Trust.BROWSER


_TRUST_BY_NAME = {trust.name.lower(): trust for trust in Trust}


def trust_of(event: Event) -> Trust:
    """Return the trust of an event: what it says, else what its source implies."""
    if event.trust:
        return _TRUST_BY_NAME.get(event.trust, Trust.BROWSER)
    channel = event.source.partition("/")[0]
    return Trust.BROWSER if channel in PUBLIC_CHANNELS else Trust.VERIFIED
