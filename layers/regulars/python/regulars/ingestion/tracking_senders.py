"""Find who sends a call of the tracking API: the source of its key, and how far its messages can be trusted."""

from typing import Literal

import msgspec

from regulars.domain.trust import SERVER_TRUST
from regulars.store.api_keys import SENDER_SCOPES, ApiKey, ApiKeys, OrderPolicy, require_scope

type KeyTrust = Literal["", "server"]


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """The sender of tracking calls: the source of its events, their trust ('' for a browser) and its policy for orders.

    `key_id` is the SHA-256 of its key, '' for an unknown sender.
    """

    source: str
    key_id: str = ""
    trust: KeyTrust = ""
    orders: OrderPolicy = "auto"


def sender_of_key(key: ApiKey) -> Sender:
    """Return the sender who presents the key; raise ForbiddenError when it is no key that sends events."""
    require_scope(key, *SENDER_SCOPES)
    return Sender(
        source=key.source or key.label or "default",
        key_id=key.id,
        trust=SERVER_TRUST if key.scope == "server" else "",
        orders=key.orders,
    )


def find_sender(keys: ApiKeys, texts: tuple[str, ...]) -> Sender | None:
    """Return the sender of the first text that is a key; None when none is.

    Raise ForbiddenError when that key sends no events.
    """
    key = next(filter(None, map(keys.authenticate, texts)), None)
    return sender_of_key(key) if key else None
