"""Find all subjects of the people who are erased, also those that the stream has not yet linked with them."""

from regulars.domain.identity_facts import NO_FACTS, IdentityFacts, split_facts
from regulars.domain.identity_statements import collect_facts, time_of_moment
from regulars.domain.times import from_text
from regulars.domain.tombstones import Tombstones
from regulars.identity.people import find_people
from regulars.privacy.erasure_jobs import ErasureJob
from regulars.privacy.erasure_stores import ErasureStores


def find_connected_subjects(stores: ErasureStores, job: ErasureJob) -> frozenset[str]:
    """Return the subjects of a job, and those of the same people according to all facts and all recorded events.

    A subject that was first named after the erasure is that of a new person.
    """
    tombstones = Tombstones(job.tombstone_times)
    events = (event for event in stores.inventory.scan_events() if tombstones.covers(event))
    recorded = split_facts(collect_facts(events))

    def read_facts(subjects: frozenset[str]) -> dict[str, IdentityFacts]:
        stored = stores.profiles.profiles.read_facts(subjects)
        return {
            subject: stored.get(subject, NO_FACTS).combine(recorded.get(subject, NO_FACTS))
            for subject in stored.keys() | (recorded.keys() & subjects)
        }

    people = find_people(job.subjects, read_facts).values()
    linked = frozenset().union(*(person.subjects for person in people))
    erased_at = from_text(job.erased_at)
    older = (
        subject
        for subject, facts in read_facts(linked).items()
        if time_of_moment(facts.births.get(subject, 0)) <= erased_at
    )
    return frozenset(job.subjects).union(older)
