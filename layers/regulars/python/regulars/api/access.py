"""Who may ask: a known key with one of the scopes an answer needs."""

from regulars.domain.errors import ForbiddenError, UnauthorizedError
from regulars.store.api_keys import ApiKey, ApiKeys


def authorized(keys: ApiKeys, text: str, *scopes: str) -> ApiKey:
    """The key with this text; UnauthorizedError without a known one, ForbiddenError without one of the scopes."""
    if not text:
        raise UnauthorizedError("An API key is needed: send `Authorization: Bearer <key>`.")
    key = keys.authenticate(text)
    if key is None:
        raise UnauthorizedError("This API key is not known, or was revoked.")
    if key.scope not in scopes:
        raise ForbiddenError(f"This needs an API key with the scope {' or '.join(scopes)}.")
    return key
