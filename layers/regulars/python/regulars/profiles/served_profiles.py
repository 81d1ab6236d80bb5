"""Read people: find the subjects of a person, and combine what is counted under each of them."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from regulars.domain.consent import combine_consents
from regulars.domain.identity_facts import IdentityFacts
from regulars.domain.profiles import ProfileState, combine_states
from regulars.domain.timed_cache import TimedCache
from regulars.identity.people import Person, find_people
from regulars.store import schema
from regulars.store.clients import create_dynamodb_client
from regulars.store.person_items import PersonItemReader, PersonItems
from regulars.store.profiles import Profiles, SubjectItems

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_PROFILE_ID_CHARACTERS = 128
MAX_KNOWN_PEOPLE, MAX_KNOWN_SUBJECTS, KNOWN_SECONDS = 10_000, 20, 3600.0


class ScoredProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A person as it is now; `scores` and `candidates` are decoded JSON, empty before the first scoring."""

    profile_id: str
    state: ProfileState
    subjects: tuple[str, ...] = ()
    scores: dict[str, Any] = {}
    candidates: dict[str, Any] = {}


class SubjectCache:
    """Subjects that are read once, for one request."""

    def __init__(self, profiles: Profiles, *items: SubjectItems) -> None:
        self._profiles = profiles
        self.items = SubjectItems({}, {})
        self.names: set[str] = set()  # of all that was read, found or not
        for part in items:
            self._add_items(part, part.identities.keys() | part.profiles.keys())

    def read_facts(self, subjects: frozenset[str]) -> Mapping[str, IdentityFacts]:
        """Return the identity facts of these subjects; those of unknown subjects are left out."""
        if missing := subjects - self.names:
            self._add_items(self._profiles.read_subjects(missing), missing)
        identities = self.items.identities
        return {key: identities[key].facts for key in subjects if key in identities}

    def list_revisions(self, subjects: Iterable[str]) -> dict[str, int]:
        """Return the revisions of the identities of these subjects; 0 where none was read."""
        return {subject: self.items.get_identity(subject).rev for subject in subjects}

    def build_profile(self, person: Person, items: PersonItems = PersonItems()) -> ScoredProfile:  # noqa: B008 (immutable)
        """Return the profile of a person whose subjects were read, with the scores of `items`."""
        return ScoredProfile(
            profile_id=person.profile_id,
            state=combine_person_state(self.items, person.subjects),
            subjects=person.subjects,
            scores=items.scores,
            candidates=items.candidates,
        )

    def _add_items(self, items: SubjectItems, subjects: Collection[str]) -> None:
        self.names.update(subjects)
        self.items.identities.update(items.identities)
        self.items.profiles.update(items.profiles)


class KnownPerson(msgspec.Struct, frozen=True):
    """A person, and the revisions of all identities that decided who it is: while they stay, so does the person."""

    person: Person
    revisions: dict[str, int]


class ServedProfiles:
    """The people of the PROFILES table, read only.

    A container remembers which subjects decided about a person, to read them in one call. The person is computed anew
    when one of their identities changed.
    """

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        client = client or create_dynamodb_client()
        self._profiles = Profiles(table, client)
        self._reader = PersonItemReader(table, client)
        self._known = TimedCache[KnownPerson](KNOWN_SECONDS, max_entries=MAX_KNOWN_PEOPLE)
        self.list_members = self._reader.list_members

    def find_with_scores(self, profile_id: str) -> ScoredProfile | None:
        """Return the person who has this id, or has taken it over, with scores; None for an unknown id."""
        return self._find_profile(profile_id, schema.SCORES_SORT_KEY)

    def find_with_candidates(self, profile_id: str) -> ScoredProfile | None:
        """Return what `find_with_scores` returns, with the recommendation candidates."""
        return self._find_profile(profile_id, schema.RECOMMENDATIONS_SORT_KEY)

    def find_by_subjects(self, subjects: Iterable[str]) -> ScoredProfile | None:
        """Return the person of the first of these subjects that is known, with scores; None when none is."""
        named = tuple(subjects)
        cache = SubjectCache(self._profiles)
        people = find_people(named, cache.read_facts)
        person = next((people[subject] for subject in named if subject in people), None)
        return self._read_profile(person, cache, schema.SCORES_SORT_KEY) if person else None

    def read_with_scores(self, profile_ids: Iterable[str]) -> list[ScoredProfile]:
        """Return up to 50 people with scores, in the order of the ids.

        Unknown ids, and ids that another person has taken over, are left out.
        """
        stored = self._reader.read_scores(profile_ids)
        cache = SubjectCache(self._profiles, *(items.subjects for items in stored.values()))
        people = find_people(cache.items.identities, cache.read_facts)
        by_id = {person.profile_id: person for person in people.values()}
        return [
            cache.build_profile(by_id[id_], items) for id_, items in stored.items() if id_ in by_id
        ]

    def _find_profile(self, profile_id: str, last_sort_key: str) -> ScoredProfile | None:
        known = self._known.find(profile_id)
        if not known:
            return self._find_unknown(profile_id, last_sort_key)
        person = known.person
        items = self._reader.read_person(person.profile_id, known.revisions, last_sort_key)
        cache = SubjectCache(self._profiles, items.subjects)
        if cache.list_revisions(known.revisions) == known.revisions:
            return cache.build_profile(person, items)
        self._known.forget(profile_id)
        return self._find_unknown(profile_id, last_sort_key)

    def _find_unknown(self, profile_id: str, last_sort_key: str) -> ScoredProfile | None:
        items = self._reader.query_items(profile_id, last_sort_key)
        cache = SubjectCache(self._profiles, items.subjects)
        people = find_people(items.subjects.identities, cache.read_facts)
        person = next(iter(people.values()), None)
        if person is None:
            return None
        if len(cache.names) <= MAX_KNOWN_SUBJECTS:
            self._known.put(profile_id, KnownPerson(person, cache.list_revisions(cache.names)))
        if person.profile_id == profile_id:
            return cache.build_profile(person, items)
        return self._read_profile(person, cache, last_sort_key)

    def _read_profile(
        self, person: Person, cache: SubjectCache, last_sort_key: str
    ) -> ScoredProfile:
        items = self._reader.query_items(person.profile_id, last_sort_key)
        return cache.build_profile(person, items)


def combine_person_state(items: SubjectItems, subjects: Iterable[str]) -> ProfileState:
    """Return the state of the person with these subjects, with the consents that are stored with their facts."""
    names = tuple(subjects)
    state = combine_states(items.get_profile(subject).state for subject in names)
    facts = (items.get_identity(subject).facts for subject in names)
    consents = combine_consents(part for one in facts for part in one.consents.values())
    return replace(state, consents=consents)
