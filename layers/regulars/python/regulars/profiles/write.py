"""One person's part of a batch, from pointers to the written profile; tried again from the start when somebody was faster."""

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.profiles import Profile
from regulars.identity.grouping import Share
from regulars.identity.merge import freeze, settle
from regulars.identity.profile_lookup import Whereabouts, locate
from regulars.profiles.fold import added, refolded, write
from regulars.store.batches import back_off
from regulars.store.profile_stores import ProfileStores

ATTEMPTS = 8


def update_person(share: Share, stores: ProfileStores, view: Whereabouts | None = None) -> None:
    """Fold a person's new events into their profile, merging the profiles their subjects lead to.

    ConcurrentUpdateError when others were faster at every attempt; doing it again is always safe.
    """
    written_to: set[str] = set()
    for attempt in range(ATTEMPTS):
        found = (view if attempt == 0 else None) or _look_up(stores, share)
        way = found.on_the_way(share)
        profile = next(one for one in way if not one.merged_into)
        written_to.add(profile.profile_id)
        try:
            _update(share, stores, found, profile)
        except ConcurrentUpdateError:
            back_off(attempt)
            continue
        _clear_strays(stores, written_to - {profile.profile_id})
        return
    raise ConcurrentUpdateError("One person's profile was written by too many.")


def _look_up(stores: ProfileStores, share: Share) -> Whereabouts:
    return locate(stores, [share], stores.people.read_pointers(share.subjects))


def _update(share: Share, stores: ProfileStores, found: Whereabouts, profile: Profile) -> None:
    if not profile.rev and not share.events:
        return  # what changed was never counted
    _claim(share, stores, found, profile)
    merged = [
        one if one.merged_into else freeze(stores, one, profile)
        for one in found.on_the_way(share)
        if one is not profile
    ]
    if merged or share.refold:
        write(stores, profile, refolded(stores, profile, share, merged))
        settle(stores, merged, profile, share)
    else:
        # Orders are written only after a subject was pointed here, and this worker was the first to do so.
        first = not profile.rev and not any(map(found.pointers.get, share.subjects))
        write(stores, profile, added(stores, profile, share, first=first))


def _claim(share: Share, stores: ProfileStores, found: Whereabouts, profile: Profile) -> None:
    """Point subjects nobody knew before anything is counted: no subject is ever counted in two profiles."""
    for subject in share.subjects:
        pointer = found.pointers.get(subject)
        if not pointer and not stores.people.point_subject(subject, profile.profile_id, pointer):
            raise ConcurrentUpdateError("A subject was pointed at a profile by somebody else.")


def _clear_strays(stores: ProfileStores, profile_ids: set[str]) -> None:
    """Orders written to a profile that was merged away before it could be written."""
    if profile_ids:
        for profile in stores.profiles.read_profiles(profile_ids).values():
            if profile.merged_into:
                stores.profiles.delete_derived_items(profile.profile_id)
