"""List the links that may join subjects, in the order of joining, and those that no rule lets take part."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from regulars.domain.identifiers import subject_strength
from regulars.domain.identity_facts import (
    EMAIL_LETTER,
    PHONE_LETTER,
    USER_LETTER,
    IdentityDecision,
    IdentityFacts,
    LinkEvidence,
    SubjectPair,
    is_device,
)
from regulars.domain.trust import Trust
from regulars.identity.connected_names import ConnectedNames

# A value that names more people than this names nobody: a constant, a shared mailbox, a placeholder.
MAX_SHARED_IDENTITIES = 5
# Links join at most so many subjects, with links of browsers among them and without.
MAX_BROWSER_LINKED_SUBJECTS = 200
MAX_LINKED_SUBJECTS = 5_000
_IDENTITY_LETTERS = (USER_LETTER, EMAIL_LETTER)


class LinkCandidate(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A link that may join; sorted in the order of joining."""

    is_evidence: bool  # False for a decision of the owner, which comes first
    is_browser: bool
    is_by_phone: bool
    trust: int
    moment: int
    first: tuple[int, str]
    second: tuple[int, str]

    @property
    def pair(self) -> SubjectPair:
        """The subjects, the stronger one first."""
        return self.first[1], self.second[1]


def list_decisions_in_force(facts: IdentityFacts) -> list[IdentityDecision]:
    """Return the owner's decisions that were not undone, oldest first."""
    undone = {decision.undoes for decision in facts.decisions.values()}
    decisions = [
        decision
        for decision in facts.decisions.values()
        if decision.action != "undo" and decision.id not in undone
    ]
    return sorted(decisions, key=lambda decision: (decision.moment, decision.id))


def is_active_link(facts: IdentityFacts, pair: SubjectPair, evidence: LinkEvidence) -> bool:
    """Return whether a link may join: it has strong evidence, or a browser's statement that is the birth of a subject."""
    if evidence.strong is not None:
        return True
    return any(facts.births.get(subject) == evidence.browser for subject in pair)


def find_worthless_subjects(facts: IdentityFacts) -> frozenset[str]:
    """Return the subjects that name too many user ids or e-mail addresses to name a person."""
    counts: Counter[tuple[str, str]] = Counter()
    for pair, evidence in facts.links.items():
        if is_device_pair(pair):
            continue
        for subject, other in (pair, pair[::-1]):
            # A browser cannot make worthless what stronger evidence knows.
            if other[:1] in _IDENTITY_LETTERS and (evidence.strong or subject not in facts.known):
                counts[subject, other[:1]] += 1
    return frozenset(
        subject for (subject, _), count in counts.items() if count > MAX_SHARED_IDENTITIES
    )


def find_hub_links(candidates: Sequence[LinkCandidate]) -> frozenset[LinkCandidate]:
    """Return the links that would connect too many subjects: those of browsers first, then all but the owner's."""
    evidence = [candidate for candidate in candidates if candidate.is_evidence]
    if len(evidence) < MAX_BROWSER_LINKED_SUBJECTS:
        return frozenset()
    connected = _list_links_of_large_groups(candidates, MAX_BROWSER_LINKED_SUBJECTS)
    hubs = {candidate for candidate in connected if candidate.is_browser}
    others = [candidate for candidate in candidates if candidate not in hubs]
    large = _list_links_of_large_groups(others, MAX_LINKED_SUBJECTS)
    return frozenset(hubs.union(candidate for candidate in large if candidate.is_evidence))


def _list_links_of_large_groups(
    candidates: Sequence[LinkCandidate], limit: int
) -> Iterator[LinkCandidate]:
    connected = ConnectedNames()
    for candidate in candidates:
        connected.join_names(candidate.pair)
    sizes = Counter(map(connected.find_root, {name for link in candidates for name in link.pair}))
    return (
        candidate
        for candidate in candidates
        if sizes[connected.find_root(candidate.first[1])] > limit
    )


def list_candidates(
    facts: IdentityFacts, decisions: Iterable[IdentityDecision], worthless: frozenset[str]
) -> Iterator[LinkCandidate]:
    """Yield the links that may join two subjects: those of statements, and those of the owner's decisions."""
    for pair, evidence in facts.links.items():
        if is_device_pair(pair) or not worthless.isdisjoint(pair):
            continue
        if is_active_link(facts, pair, evidence):
            yield _build_candidate(pair, evidence)
    for decision in decisions:
        subjects = sorted(decision.subjects, key=subject_strength)
        if decision.action == "join" and not is_device(subjects[0]):
            evidence = LinkEvidence(strong=(int(Trust.OWNER), decision.moment))
            for subject in subjects[1:]:
                yield _build_candidate((subjects[0], subject), evidence)


def _build_candidate(pair: SubjectPair, evidence: LinkEvidence) -> LinkCandidate:
    trust, moment = evidence.strong or (int(Trust.BROWSER), evidence.browser or 0)
    is_evidence = trust != Trust.OWNER
    return LinkCandidate(
        is_evidence=is_evidence,
        is_browser=trust == Trust.BROWSER,
        is_by_phone=is_evidence and any(subject[:1] == PHONE_LETTER for subject in pair),
        trust=trust,
        moment=moment,
        first=subject_strength(pair[0]),
        second=subject_strength(pair[1]),
    )


def is_device_pair(pair: SubjectPair) -> bool:
    """Return whether one of the subjects is a device."""
    return any(map(is_device, pair))
