"""Creates and revokes API keys: write (ingestion only), read (recommendations, may be public), admin (everything)."""

from datetime import datetime

import msgspec

from regulars.admin.deployment import Deployment
from regulars.admin.errors import AmbiguousIdError
from regulars.domain.times import to_text
from regulars.store.api_keys import ApiKey, ApiKeys, Scope

DEFAULT_SOURCE = "web"


class CreatedKey(msgspec.Struct, frozen=True):
    """A new key: its `text`, which no store holds, and what is stored of it."""

    text: str
    key: ApiKey


def open_keys(deployment: Deployment) -> ApiKeys:
    """Return the keys of a deployment."""
    return ApiKeys(deployment.control_table)


def create_key(
    keys: ApiKeys, scope: Scope, now: datetime, label: str = "", source: str = ""
) -> CreatedKey:
    """Create a key. Its events carry the source, by default the label."""
    text, key = keys.create_key(scope, label, source or label or DEFAULT_SOURCE, to_text(now))
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
