"""Creates and revokes API keys.

A `browser` key sends events and is public; a `server` key sends events that are trusted and is secret; a `read` key reads
recommendations and may be public; an `admin` key reads everything and acts for the owner.
"""

from datetime import datetime

import msgspec

from regulars.admin.deployment import Deployment
from regulars.admin.errors import AmbiguousIdError, UselessOrderPolicyError
from regulars.domain.times import to_text
from regulars.store.api_keys import (
    FORMER_BROWSER_SCOPE,
    SCOPES,
    ApiKey,
    ApiKeys,
    OrderPolicy,
    Scope,
)

DEFAULT_SOURCE = "web"


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The key that the owner wants. Its events carry the source, by default the label."""

    scope: Scope
    label: str = ""
    source: str = ""
    orders: OrderPolicy = "auto"


class CreatedKey(msgspec.Struct, frozen=True):
    """A new key: its `text`, which no store holds, and what is stored of it."""

    text: str
    key: ApiKey


def open_keys(deployment: Deployment) -> ApiKeys:
    """Return the keys of a deployment."""
    return ApiKeys(deployment.control_table)


def parse_scope(name: str) -> Scope:
    """Return the scope of this name, which may be the former one; raise KeyError for another name."""
    scopes: dict[str, Scope] = {scope: scope for scope in SCOPES}
    return scopes["browser" if name == FORMER_BROWSER_SCOPE else name]


def create_key(keys: ApiKeys, request: KeyRequest, now: datetime) -> CreatedKey:
    """Create a key; raise UselessOrderPolicyError when a key that sends no claims has a policy for orders."""
    if request.orders != "auto" and request.scope != "browser":
        raise UselessOrderPolicyError(request.scope)
    source = request.source or request.label or DEFAULT_SOURCE
    text, key = keys.create_key(
        request.scope, request.label, source, to_text(now), orders=request.orders
    )
    return CreatedKey(text, key)


def revoke_key(keys: ApiKeys, id_prefix: str, now: datetime) -> ApiKey:
    """Revoke the key whose id begins with the prefix, and return it as it was.

    Raise AmbiguousIdError unless there is exactly one.
    """
    matches = [key for key in keys.list_keys() if key.id.startswith(id_prefix)]
    if len(matches) != 1:
        raise AmbiguousIdError("keys", id_prefix, len(matches))
    keys.revoke_key(matches[0].id, to_text(now))
    return matches[0]
