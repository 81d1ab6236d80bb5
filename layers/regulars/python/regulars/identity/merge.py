"""Freeze merged profiles and point their subjects at the survivor; `profiles/write` runs the steps of a merge.

First the younger profile is frozen: from then on its ids are final, and every path from its subjects leads to the older
one. Then the older profile takes in its events in one write. Last the subjects are pointed at the older profile, those
of the present batch at the very end: while one of them still leads through the frozen profile, the next worker repeats
all of this.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from regulars.domain.identifiers import profile_id_of
from regulars.domain.profiles import Profile, ProfileState
from regulars.identity.grouping import PersonBatch
from regulars.store.profile_stores import ProfileStores


def freeze_profile(stores: ProfileStores, profile: Profile, survivor: Profile) -> Profile:
    """Mark a profile as merged into the survivor; raise ConcurrentUpdateError when it has changed."""
    frozen = replace(
        profile, state=ProfileState(), merged_into=survivor.profile_id, rev=profile.rev + 1
    )
    stores.profiles.write_profile(frozen)
    return frozen


def finish_merge(
    stores: ProfileStores, merged: Sequence[Profile], survivor: Profile, batch: PersonBatch
) -> None:
    """After the survivor took in the merged profiles, delete their derived items and point all subjects at it."""
    for profile in merged:
        stores.profiles.delete_derived_items(profile.profile_id)
    _redirect_merged(stores, merged, survivor)
    subjects = {subject for profile in merged for subject in profile.subjects}
    pointers = stores.people.read_pointers({*subjects, *batch.subjects})
    merged_ids = {profile.profile_id for profile in merged}
    for subject in (*sorted(subjects - set(batch.subjects)), *batch.subjects):
        # Another worker who pointed the subject meanwhile pointed it at the same survivor.
        if pointers.get(subject) in merged_ids:
            stores.people.point_subject(subject, survivor.profile_id, pointers[subject])


def _redirect_merged(stores: ProfileStores, merged: Sequence[Profile], survivor: Profile) -> None:
    """Let profiles that were merged earlier name the survivor directly, so that no chain grows.

    The id of a profile is derived from a subject that is now among those of the profile it was merged into.
    """
    earlier_ids = {profile_id_of(subject) for profile in merged for subject in profile.subjects}
    merged_ids = {profile.profile_id for profile in merged}
    stored = stores.profiles.read_profiles(earlier_ids | merged_ids)
    for profile in stored.values():
        if profile.merged_into in merged_ids:
            stores.profiles.write_profile(
                replace(profile, merged_into=survivor.profile_id, rev=profile.rev + 1)
            )
