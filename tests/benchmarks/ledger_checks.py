"""Check that what is stored about people is what the ledger says, and that every event is counted once."""

from collections import Counter
from collections.abc import Iterator

from regulars.domain.identifiers import profile_id_of
from regulars.identity.grouping import belongs_to_profile
from regulars.identity.partition import partition_subjects
from regulars.profiles.fold import read_counted_ids
from regulars.profiles.ledger_fold import fold_ledger
from regulars.profiles.served_profiles import ScoredProfile, ServedProfiles
from regulars.profiles.verify import compare_with_ledger
from regulars.store.inventory import Inventory
from tests.benchmarks.local_aws import create_count_row
from tests.benchmarks.profile_writers import open_profile_stores
from tests.benchmarks.rows import BenchmarkRow
from tests.support.aws import MotoStack


def check_differences(stack: MotoStack) -> Iterator[BenchmarkRow]:
    """Yield the numbers of differences that `regulars verify` finds, and of events that could not be folded."""
    inventory = Inventory("test-events", "test-profiles", stack.dynamodb)
    stored = inventory.scan_profiles()
    verification = compare_with_ledger(fold_ledger(inventory.scan_events()), stored)
    for difference in verification.differences[:5]:
        print(difference)  # noqa: T201 (a broken invariant)
    yield create_count_row("differences from the ledger", len(verification.differences))
    yield create_count_row("rejects", len(stack.list_rejects()))


def check_counts(stack: MotoStack) -> Iterator[BenchmarkRow]:
    """Yield the numbers of events that are counted under no subject, and under two."""
    inventory = Inventory("test-events", "test-profiles", stack.dynamodb)
    stores, stored = open_profile_stores(), inventory.scan_profiles()
    counted = Counter(
        id_ for profile in stored.profiles.values() for id_ in read_counted_ids(stores, profile)
    )
    expected = {event.id for event in inventory.scan_events() if belongs_to_profile(event)}
    yield create_count_row("lost events", len(expected - counted.keys()))
    repeated = counted.total() - len(counted)
    summed = sum(profile.state.events for profile in stored.profiles.values())
    yield create_count_row("events that are counted twice", repeated + abs(summed - len(expected)))


def check_people(stack: MotoStack, max_people: int | None = None) -> Iterator[BenchmarkRow]:
    """Yield the number of wrong answers: by each subject and its id, people must be those of the partition of all facts.

    `max_people` limits the check to so many people, and as many subjects of each.
    """
    fold = fold_ledger(Inventory("test-events", "test-profiles", stack.dynamodb).scan_events())
    people = partition_subjects(fold.facts).people
    served = ServedProfiles("test-profiles", stack.dynamodb)
    wrong, ids = 0, dict[str, tuple[str, ...]]()
    largest_first = sorted(people, key=len, reverse=True)
    for subjects in largest_first[:max_people]:
        found = [served.find_by_subjects([subject]) for subject in subjects[:max_people]]
        found += [
            served.find_with_scores(profile_id_of(subject)) for subject in subjects[:max_people]
        ]
        events = sum(len(fold.encoded_events.get(subject, ())) for subject in subjects)
        wrong += sum(not _is_person(person, subjects, events) for person in found)
        names = {person.profile_id for person in found if person}
        wrong += len(names) > 1 or any(name in ids for name in names)
        ids |= dict.fromkeys(names, subjects)
    yield create_count_row("wrong answers about a person", wrong)


def _is_person(person: ScoredProfile | None, subjects: tuple[str, ...], events: int) -> bool:
    if person is None:
        return events == 0
    return person.subjects == subjects and person.state.events == events
