"""Authorize API requests: the request presents a known key with one of the required scopes."""

from regulars.domain.errors import UnauthorizedError
from regulars.store.api_keys import ApiKey, ApiKeys, Scope, require_scope


def authorize_key(keys: ApiKeys, text: str, *scopes: Scope) -> ApiKey:
    """Return the key with this text.

    Raise UnauthorizedError for a missing or unknown key, ForbiddenError for a key without one of the scopes.
    """
    if not text:
        raise UnauthorizedError(
            f"A key of the scope {' or '.join(scopes)} is required: send `Authorization: Bearer <key>`."
        )
    key = keys.authenticate(text)
    if key is None:
        raise UnauthorizedError("This API key is unknown or was revoked.")
    require_scope(key, *scopes)
    return key
