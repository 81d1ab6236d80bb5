"""Find all subjects that a chain of links connects, as far as there are not too many."""

from collections.abc import Callable, Iterable
from itertools import chain

from regulars.identity.subject_facts import SubjectFacts, pair_subjects

# Expanded at one time: what is read beyond the limit stays small.
BATCH_SUBJECTS = 100


class LinkedComponents:
    """The components of connected subjects, each found when it is needed.

    A component has at most `limit` subjects: the links of a larger one do not count, so that it is known as such
    wherever the search begins.
    """

    def __init__(
        self, facts: SubjectFacts, list_partners: Callable[[str], Iterable[str]], limit: int
    ) -> None:
        self._facts = facts
        self._list_partners = list_partners
        self._limit = limit
        self._components: dict[str, frozenset[str]] = {}

    def find_component(self, subject: str) -> frozenset[str]:
        """Return the connected subjects, with this one; the empty set when they are too many."""
        if subject not in self._components:
            self._search(subject)
        return self._components[subject]

    def _search(self, start: str) -> None:
        connected, pending, is_large = {start}, [start], False
        while pending and not is_large:
            batch, pending = pending[:BATCH_SUBJECTS], pending[BATCH_SUBJECTS:]
            added = self._list_linked(batch) - connected
            connected |= added
            pending += sorted(added)
            # A subject that was found before belongs to a component that is too large: the others are found whole.
            is_large = len(connected) > self._limit or any(key in self._components for key in added)
        component = frozenset[str]() if is_large else frozenset(connected)
        self._components |= dict.fromkeys(connected, component)

    def _list_linked(self, subjects: Iterable[str]) -> set[str]:
        self._facts.load(subjects)
        partners = {subject: list(self._list_partners(subject)) for subject in subjects}
        self._facts.load(chain.from_iterable(partners.values()))
        return {
            other
            for subject, others in partners.items()
            for other in others
            if self._facts.find_evidence(pair_subjects(subject, other))
        }
