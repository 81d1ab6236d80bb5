"""Look up the profiles that a person's subjects point at, and those into which these were merged."""

from collections.abc import Iterable, Mapping

import msgspec

from regulars.domain.identifiers import profile_id_of
from regulars.domain.profiles import Profile
from regulars.identity.grouping import PersonBatch
from regulars.store.profile_stores import ProfileStores


class ProfileLookup(msgspec.Struct, frozen=True):
    """The pointers of subjects, and every profile that they lead to; a profile that is not stored yet has `rev` 0."""

    pointers: Mapping[str, str]
    profiles: Mapping[str, Profile]

    def merge_chain(self, batch: PersonBatch) -> list[Profile]:
        """Return the profiles that a person's subjects lead to, directly or through a merge; at least one."""
        chain: dict[str, Profile] = {}
        pending_ids = _pointer_targets(batch, self.pointers)
        while pending_ids:
            profile = self.profiles[pending_ids.pop()]
            if profile.profile_id not in chain:
                chain[profile.profile_id] = profile
                pending_ids |= {profile.merged_into} - {""}
        return sorted(chain.values(), key=lambda profile: profile.seniority)


def look_up_profiles(
    stores: ProfileStores, persons: Iterable[PersonBatch], pointers: Mapping[str, str]
) -> ProfileLookup:
    """Read the profiles of these persons, with one call for each step of the merge chains."""
    profiles: dict[str, Profile] = {}
    pending_ids = {target for batch in persons for target in _pointer_targets(batch, pointers)}
    while pending_ids:
        stored = stores.profiles.read_profiles(pending_ids)
        profiles |= {id_: stored.get(id_, Profile(profile_id=id_)) for id_ in pending_ids}
        survivor_ids = {profile.merged_into for profile in stored.values()}
        pending_ids = survivor_ids - {""} - profiles.keys()
    return ProfileLookup(pointers, profiles)


def _pointer_targets(batch: PersonBatch, pointers: Mapping[str, str]) -> set[str]:
    """Return the profile ids that the subjects point at; for a new person, the id derived from the strongest subject."""
    targets = {pointers.get(subject, "") for subject in batch.subjects} - {""}
    return targets or {profile_id_of(batch.subjects[0])}
