"""Find segments and read their members page by page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from regulars.api.page_tokens import PagePosition, open_token, seal_token
from regulars.api.profile_views import profile_view
from regulars.domain.errors import NotFoundError
from regulars.profiles.served_profiles import ServedProfiles
from regulars.store.published_lists import member_key


class SegmentPageRequest(NamedTuple):
    """A page of a segment, as it is published: at most `limit` profiles behind the token, for one API key."""

    segment: Mapping[str, Any]
    limit: int
    token: str | None
    key_id: str


def read_segment_page(
    profiles: ServedProfiles, request: SegmentPageRequest, now: datetime
) -> dict[str, Any]:
    """Return the profiles of a page and the token of the next page, None on the last page."""
    segment = request.segment
    key = member_key(segment)
    after = None if request.token is None else open_token(request.token, key, request.key_id)
    members = profiles.list_members(key, request.limit + 1, after)
    page = members[: request.limit]
    scored_profiles = profiles.read_with_scores(profile_id for _, profile_id in page)
    has_more = len(members) > request.limit
    token = seal_token(PagePosition(*page[-1]), key, request.key_id) if has_more else None
    return {
        "segment": f"{segment['scheme']}:{segment['name']}",
        "id": key.partition(":")[2],
        "profiles": [profile_view(profile, now) for profile in scored_profiles],
        "next": token,
    }


def find_segment(name: str, segments: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the segment of an id, of `champions` or of `rfm:champions`; raise NotFoundError for an unknown one."""
    for segment in segments:
        names = (segment.get("id"), segment["name"], f"{segment['scheme']}:{segment['name']}")
        if name in names:
            return segment
    raise NotFoundError("There is no segment with this name; see /segments.")
