"""Hold the facts of single subjects as they are stored, read when they are needed, and say which of their links count."""

from collections.abc import Callable, Iterable, Mapping

from regulars.domain.identifiers import subject_strength
from regulars.domain.identity_facts import (
    NO_FACTS,
    IdentityFacts,
    LinkEvidence,
    SubjectPair,
    is_device,
    limit_links,
)
from regulars.domain.link_limits import LinkLimits
from regulars.identity.links import find_worthless_subjects, is_device_pair

type FactReader = Callable[[frozenset[str]], Mapping[str, IdentityFacts]]


class SubjectFacts:
    """The facts of each subject that was loaded.

    `worthless` and `crowded` are the loaded subjects, and devices, that name too many others to link any.
    """

    def __init__(self, read_facts: FactReader, limits: LinkLimits) -> None:
        self.limits = limits
        self.worthless: set[str] = set()
        self.crowded: set[str] = set()
        self._read_facts = read_facts
        self._parts: dict[str, IdentityFacts] = {}
        self._browser_links: dict[str, dict[str, int]] = {}

    def load(self, subjects: Iterable[str]) -> None:
        """Read the facts of those subjects that were not read yet, in one call."""
        missing = frozenset(subject for subject in subjects if subject not in self._parts)
        if missing:
            stored = self._read_facts(missing)
            for subject in missing:
                self._add_part(subject, limit_links(stored.get(subject, NO_FACTS), self.limits))

    def is_loaded(self, subject: str) -> bool:
        """Return whether the facts of a subject were read."""
        return subject in self._parts

    def get_part(self, subject: str) -> IdentityFacts:
        """Return the facts of one subject, which are read if necessary; empty ones for an unknown subject."""
        if subject not in self._parts:
            self.load((subject,))
        return self._parts[subject]

    def combine_parts(self, subjects: Iterable[str]) -> IdentityFacts:
        """Return the facts of these subjects together."""
        return NO_FACTS.combine(*map(self.get_part, sorted(subjects)))

    def find_birth(self, subject: str) -> int | None:
        """Return the moment of the first statement that names a subject; None when there is none."""
        return self.get_part(subject).births.get(subject)

    def is_known(self, subject: str) -> bool:
        """Return whether a strong statement names a subject."""
        return subject in self.get_part(subject).known

    def find_evidence(self, pair: SubjectPair) -> LinkEvidence | None:
        """Return the evidence of a link that counts: both subjects store it, and none of them names too many others."""
        first, second = (self.get_part(subject).links.get(pair) for subject in pair)
        if first is None or second is None:
            return None
        if not (self.worthless.isdisjoint(pair) and self.crowded.isdisjoint(pair)):
            return None
        return first if first == second else first.combine(second)

    def list_strong_partners(self, subject: str) -> list[str]:
        """Return the subjects, devices aside, that strong statements name with a subject."""
        links = self.get_part(subject).links
        return [
            get_partner(pair, subject)
            for pair, evidence in links.items()
            if evidence.strong and not is_device_pair(pair)
        ]

    def list_browser_partners(self, subject: str) -> Mapping[str, int]:
        """Return the subjects that only browsers name with a subject, the oldest of each kind, with the moment."""
        if subject not in self._browser_links:
            self._browser_links[subject] = self._select_browser_links(subject)
        return self._browser_links[subject]

    def list_devices(self, subject: str) -> list[str]:
        """Return the devices that statements name with a subject or a device."""
        others = (get_partner(pair, subject) for pair in self.get_part(subject).links)
        return list(filter(is_device, others))

    def list_leads(self, device: str) -> list[str]:
        """Return the subjects to which a device leads, the strongest first; none for one that leads to too many."""
        others = (get_partner(pair, device) for pair in self.get_part(device).links)
        leads = sorted((key for key in others if not is_device(key)), key=subject_strength)
        return [] if device in self.crowded else leads

    def _add_part(self, subject: str, facts: IdentityFacts) -> None:
        self._parts[subject] = facts
        self.worthless |= {subject} & find_worthless_subjects(facts)
        if is_device(subject) and len(self.list_leads(subject)) > self.limits.device_leads:
            self.crowded.add(subject)

    def _select_browser_links(self, subject: str) -> dict[str, int]:
        by_kind: dict[str, list[tuple[int, str]]] = {}
        for pair, evidence in self.get_part(subject).links.items():
            if evidence.browser is not None and not is_device_pair(pair):
                other = get_partner(pair, subject)
                by_kind.setdefault(other[:1], []).append((evidence.browser, other))
        limit = self.limits.browser_links
        return {
            other: moment for links in by_kind.values() for moment, other in sorted(links)[:limit]
        }


def get_partner(pair: SubjectPair, subject: str) -> str:
    """Return the other subject of a pair."""
    return pair[1] if pair[0] == subject else pair[0]


def pair_subjects(first: str, second: str) -> SubjectPair:
    """Return two subjects as a pair, the stronger one first."""
    return (
        (first, second) if subject_strength(first) < subject_strength(second) else (second, first)
    )
