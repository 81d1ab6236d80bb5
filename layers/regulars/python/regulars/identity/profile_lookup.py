"""Where a person's subjects lead: the profiles they point at, and those into which these were merged."""

from collections.abc import Iterable, Mapping

import msgspec

from regulars.domain import identifiers as identity
from regulars.domain.profiles import Profile
from regulars.identity.grouping import Share
from regulars.store.profile_stores import ProfileStores


class Whereabouts(msgspec.Struct, frozen=True):
    """Subjects' pointers, and every profile on the way from them; a profile not stored yet has `rev` 0."""

    pointers: Mapping[str, str]
    profiles: Mapping[str, Profile]

    def on_the_way(self, share: Share) -> list[Profile]:
        """The profiles that a person's subjects lead to, directly or through a merge; at least one."""
        found: dict[str, Profile] = {}
        ahead = _targets(share, self.pointers)
        while ahead:
            profile = self.profiles[ahead.pop()]
            if profile.profile_id not in found:
                found[profile.profile_id] = profile
                ahead |= {profile.merged_into} - {""}
        return sorted(found.values(), key=lambda profile: profile.seniority)


def locate(
    stores: ProfileStores, persons: Iterable[Share], pointers: Mapping[str, str]
) -> Whereabouts:
    """Read the profiles of these persons, in one call for each step of the way."""
    profiles: dict[str, Profile] = {}
    ahead = {target for share in persons for target in _targets(share, pointers)}
    while ahead:
        read = stores.profiles.read_profiles(ahead)
        profiles |= {id_: read.get(id_, Profile(profile_id=id_)) for id_ in ahead}
        ahead = {profile.merged_into for profile in read.values()} - {""} - profiles.keys()
    return Whereabouts(pointers, profiles)


def _targets(share: Share, pointers: Mapping[str, str]) -> set[str]:
    """Where the subjects point; for a person nobody knows yet, the profile that begins with the strongest one."""
    pointed = {pointers.get(subject, "") for subject in share.subjects} - {""}
    return pointed or {identity.profile_id_of(share.subjects[0])}
