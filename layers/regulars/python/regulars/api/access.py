"""Authorize API requests: the request presents a known key with one of the required scopes."""

from regulars.domain.errors import ForbiddenError, UnauthorizedError
from regulars.store.api_keys import ApiKey, ApiKeys


def authorize_key(keys: ApiKeys, text: str, *scopes: str) -> ApiKey:
    """Return the key with this text.

    Raise UnauthorizedError for a missing or unknown key, ForbiddenError for a key without one of the scopes.
    """
    if not text:
        raise UnauthorizedError("An API key is required: send `Authorization: Bearer <key>`.")
    key = keys.authenticate(text)
    if key is None:
        raise UnauthorizedError("This API key is unknown or was revoked.")
    if key.scope not in scopes:
        raise ForbiddenError(f"This requires an API key with the scope {' or '.join(scopes)}.")
    return key
