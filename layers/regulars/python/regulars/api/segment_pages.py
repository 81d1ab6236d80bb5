"""Find segments and read their members page by page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from regulars.api.page_tokens import PagePosition, open_token, seal_token
from regulars.api.profile_views import profile_view
from regulars.domain.errors import NotFoundError
from regulars.profiles.served_profiles import ServedProfiles


class SegmentPageRequest(NamedTuple):
    """A page of a segment (scheme, name): at most `limit` profiles behind the token, for one API key."""

    segment: tuple[str, str]
    limit: int
    token: str | None
    key_id: str


def read_segment_page(
    profiles: ServedProfiles, request: SegmentPageRequest, now: datetime
) -> dict[str, Any]:
    """Return the profiles of a page and the token of the next page, None on the last page."""
    name = ":".join(request.segment)
    after = None if request.token is None else open_token(request.token, name, request.key_id)
    members = profiles.list_members(name, request.limit + 1, after)
    page = members[: request.limit]
    scored_profiles = profiles.read_with_scores(profile_id for _, profile_id in page)
    has_more = len(members) > request.limit
    token = seal_token(PagePosition(*page[-1]), name, request.key_id) if has_more else None
    views = [profile_view(profile, now) for profile in scored_profiles]
    return {"segment": name, "profiles": views, "next": token}


def find_segment(name: str, segments: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Return scheme and name of `champions` or `rfm:champions`; raise NotFoundError for an unknown segment."""
    for segment in segments:
        pair = (segment["scheme"], segment["name"])
        if name in (pair[1], ":".join(pair)):
            return pair
    raise NotFoundError("There is no segment with this name; see /segments.")
