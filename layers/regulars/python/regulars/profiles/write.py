"""Write one person's part of a batch, from pointers to the profile; start again when another worker was faster."""

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.profiles import Profile
from regulars.identity.grouping import PersonBatch
from regulars.identity.merge import finish_merge, freeze_profile
from regulars.identity.profile_lookup import ProfileLookup, look_up_profiles
from regulars.profiles.fold import add_to_profile, refold_profile, write_successor
from regulars.store.batches import back_off
from regulars.store.profile_stores import ProfileStores

MAX_ATTEMPTS = 8


def update_person(
    batch: PersonBatch, stores: ProfileStores, lookup: ProfileLookup | None = None
) -> None:
    """Fold a person's new events into the profile, and merge the profiles that the person's subjects lead to.

    Raise ConcurrentUpdateError when other workers were faster at every attempt; a repetition is always safe.
    """
    written_ids: set[str] = set()
    for attempt in range(MAX_ATTEMPTS):
        current = (lookup if attempt == 0 else None) or _look_up_person(stores, batch)
        chain = current.merge_chain(batch)
        profile = next(profile for profile in chain if not profile.merged_into)
        written_ids.add(profile.profile_id)
        try:
            _update_profile(batch, stores, current, profile)
        except ConcurrentUpdateError:
            back_off(attempt)
            continue
        _delete_stray_orders(stores, written_ids - {profile.profile_id})
        return
    raise ConcurrentUpdateError("Too many workers wrote the profile of one person.")


def _look_up_person(stores: ProfileStores, batch: PersonBatch) -> ProfileLookup:
    return look_up_profiles(stores, [batch], stores.people.read_pointers(batch.subjects))


def _update_profile(
    batch: PersonBatch, stores: ProfileStores, lookup: ProfileLookup, profile: Profile
) -> None:
    if not profile.rev and not batch.events:
        return  # the changed event was never counted
    _claim_subjects(batch, stores, lookup, profile)
    merged = _freeze_sources(batch, stores, lookup, profile)
    if merged or batch.refold:
        write_successor(stores, profile, refold_profile(stores, profile, batch, merged))
        finish_merge(stores, merged, profile, batch)
    else:
        # Orders are written only after a subject points here, and this worker was the first to point one.
        is_first_write = not profile.rev and not any(map(lookup.pointers.get, batch.subjects))
        successor = add_to_profile(stores, profile, batch, is_first_write=is_first_write)
        write_successor(stores, profile, successor)


def _claim_subjects(
    batch: PersonBatch, stores: ProfileStores, lookup: ProfileLookup, profile: Profile
) -> None:
    """Point new subjects at the profile before any event is counted, so that no subject is counted in two profiles."""
    for subject in batch.subjects:
        pointer = lookup.pointers.get(subject)
        if not pointer and not stores.people.point_subject(subject, profile.profile_id, pointer):
            raise ConcurrentUpdateError("Another worker pointed a subject at a profile.")


def _freeze_sources(
    batch: PersonBatch, stores: ProfileStores, lookup: ProfileLookup, profile: Profile
) -> list[Profile]:
    """Return the profiles to merge into this one; those that were not merged before are frozen."""
    return [
        source if source.merged_into else freeze_profile(stores, source, profile)
        for source in lookup.merge_chain(batch)
        if source is not profile
    ]


def _delete_stray_orders(stores: ProfileStores, profile_ids: set[str]) -> None:
    """Delete orders that were written to a profile which was merged before it could be written."""
    if profile_ids:
        for profile in stores.profiles.read_profiles(profile_ids).values():
            if profile.merged_into:
                stores.profiles.delete_derived_items(profile.profile_id)
