"""Segments and their members, page by page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from regulars.api.page_tokens import Place, sealed, unsealed
from regulars.api.profile_views import view
from regulars.domain.errors import NotFoundError
from regulars.store.served_profiles import ServedProfiles


class Page(NamedTuple):
    """Which page is asked: a segment's (scheme, name), how many, behind which token, by which key."""

    segment: tuple[str, str]
    limit: int
    token: str | None
    key_id: str


def members(profiles: ServedProfiles, page: Page, now: datetime) -> dict[str, Any]:
    """The profiles of a page and the token of the next one, None on the last."""
    name = ":".join(page.segment)
    after = None if page.token is None else unsealed(page.token, name, page.key_id)
    found = profiles.list_members(name, page.limit + 1, after)
    told = found[: page.limit]
    people = profiles.read_with_scores(profile_id for _, profile_id in told)
    more = sealed(Place(*told[-1]), name, page.key_id) if len(found) > page.limit else None
    return {"segment": name, "profiles": [view(person, now) for person in people], "next": more}


def named(name: str, segments: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """The scheme and name of `champions` or `rfm:champions`; NotFoundError for a segment nobody knows."""
    for segment in segments:
        pair = (segment["scheme"], segment["name"])
        if name in (pair[1], ":".join(pair)):
            return pair
    raise NotFoundError("There is no segment with this name; see /segments.")
