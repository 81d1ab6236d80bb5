"""Read people: find the subjects of a person, and combine what is counted under each of them."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from regulars.domain.consent import combine_consents
from regulars.domain.identity_facts import IdentityFacts
from regulars.domain.profiles import ProfileState, combine_states
from regulars.identity.people import Person, find_people
from regulars.store import schema
from regulars.store.clients import create_dynamodb_client
from regulars.store.person_items import PersonItemReader, PersonItems
from regulars.store.profiles import Profiles, SubjectItems

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_PROFILE_ID_CHARACTERS = 128


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
        self._read: set[str] = set()
        for part in items:
            self._add_items(part, part.identities.keys() | part.profiles.keys())

    def read_facts(self, subjects: frozenset[str]) -> Mapping[str, IdentityFacts]:
        """Return the identity facts of these subjects; those of unknown subjects are left out."""
        if missing := subjects - self._read:
            self._add_items(self._profiles.read_subjects(missing), missing)
        identities = self.items.identities
        return {key: identities[key].facts for key in subjects if key in identities}

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
        self._read.update(subjects)
        self.items.identities.update(items.identities)
        self.items.profiles.update(items.profiles)


class ServedProfiles:
    """The people of the PROFILES table, read only."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        client = client or create_dynamodb_client()
        self._profiles = Profiles(table, client)
        self._reader = PersonItemReader(table, client)
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
        profiles = (
            _build_profile(by_id[id_], cache, items)
            for id_, items in stored.items()
            if id_ in by_id
        )
        return [profile for profile in profiles if profile]

    def _find_profile(self, profile_id: str, last_sort_key: str) -> ScoredProfile | None:
        items = self._reader.query_items(profile_id, last_sort_key)
        cache = SubjectCache(self._profiles, items.subjects)
        people = find_people(items.subjects.identities, cache.read_facts)
        person = next(iter(people.values()), None)
        if person and person.profile_id == profile_id:
            return _build_profile(person, cache, items)
        return self._read_profile(person, cache, last_sort_key) if person else None

    def _read_profile(
        self, person: Person, cache: SubjectCache, last_sort_key: str
    ) -> ScoredProfile | None:
        items = self._reader.query_items(person.profile_id, last_sort_key)
        return _build_profile(person, cache, items)


def combine_person_state(items: SubjectItems, subjects: Iterable[str]) -> ProfileState:
    """Return the state of the person with these subjects, with the consents that are stored with their facts."""
    names = tuple(subjects)
    state = combine_states(items.get_profile(subject).state for subject in names)
    facts = (items.get_identity(subject).facts for subject in names)
    consents = combine_consents(part for one in facts for part in one.consents.values())
    return replace(state, consents=consents)


def _build_profile(person: Person, cache: SubjectCache, items: PersonItems) -> ScoredProfile | None:
    """Return the person with what is stored under its id; None when no event is counted, as after an erasure."""
    profile = cache.build_profile(person, items)
    return profile if profile.state.events else None
