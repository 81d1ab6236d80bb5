"""Making two profiles one, so that a crash between any two writes and another worker's merge lose nothing.

The younger profile is frozen first: from then on its ids are final and every path from its subjects leads on. Then the
older one takes in its events in one write. Last the subjects are pointed anew, those that led here at the very end:
as long as one of them still leads through the frozen profile, whoever comes by does all of this again.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from regulars.domain import identifiers as identity
from regulars.domain.profiles import Profile, ProfileState
from regulars.identity.grouping import Share
from regulars.store.profile_stores import ProfileStores


def freeze(stores: ProfileStores, profile: Profile, into: Profile) -> Profile:
    """Mark a profile as merged; ConcurrentUpdateError when it has changed."""
    frozen = replace(
        profile, state=ProfileState(), merged_into=into.profile_id, rev=profile.rev + 1
    )
    stores.profiles.write_profile(frozen)
    return frozen


def settle(stores: ProfileStores, merged: Sequence[Profile], into: Profile, share: Share) -> None:
    """After `into` took them in: remove what was derived for them and lead everybody to `into` directly."""
    for profile in merged:
        stores.profiles.delete_derived_items(profile.profile_id)
    _redirect(stores, merged, into)
    subjects = {subject for profile in merged for subject in profile.subjects}
    pointers = stores.people.read_pointers({*subjects, *share.subjects})
    away = {profile.profile_id for profile in merged}
    for subject in (*sorted(subjects - set(share.subjects)), *share.subjects):
        # Somebody who pointed it anew meanwhile did so along the same way.
        if pointers.get(subject) in away:
            stores.people.point_subject(subject, into.profile_id, pointers[subject])


def _redirect(stores: ProfileStores, merged: Sequence[Profile], into: Profile) -> None:
    """Let profiles merged earlier lead to `into` in one step, so that no chain grows.

    A profile's id is made of a subject that is now among those of the profile it was merged into.
    """
    earlier = {
        identity.profile_id_of(subject) for profile in merged for subject in profile.subjects
    }
    known = stores.profiles.read_profiles(earlier | {profile.profile_id for profile in merged})
    away = {profile.profile_id for profile in merged}
    for profile in known.values():
        if profile.merged_into in away:
            stores.profiles.write_profile(
                replace(profile, merged_into=into.profile_id, rev=profile.rev + 1)
            )
