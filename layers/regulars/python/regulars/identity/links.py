"""List the links that may join subjects, in the order of joining, and the subjects that name too many to link any."""

from collections import Counter
from collections.abc import Iterable, Iterator

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

# A value that names more people than this names nobody: a constant, a shared mailbox, a placeholder.
MAX_SHARED_IDENTITIES = 5
_IDENTITY_LETTERS = (USER_LETTER, EMAIL_LETTER)


class LinkCandidate(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A link that may join; sorted in the order of joining."""

    is_evidence: bool  # False for a decision of the owner, which comes first
    is_browser: bool
    # Strong links by phone come last. Those of browsers keep their order, so that no later one comes before an older one.
    is_last: bool
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


def find_worthless_subjects(facts: IdentityFacts) -> frozenset[str]:
    """Return the subjects that name too many user ids or e-mail addresses to name a person."""
    if len(facts.links) <= MAX_SHARED_IDENTITIES:
        return frozenset()
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


def list_candidates(
    facts: IdentityFacts, decisions: Iterable[IdentityDecision]
) -> Iterator[LinkCandidate]:
    """Yield the links that may join two subjects: those of statements, and those of the owner's decisions."""
    for pair, evidence in facts.links.items():
        if not is_device_pair(pair):
            yield _build_candidate(pair, evidence)
    for decision in decisions:
        subjects = sorted(decision.subjects, key=subject_strength)
        if decision.action == "join" and not is_device(subjects[0]):
            evidence = LinkEvidence(strong=(int(Trust.OWNER), decision.moment))
            for subject in subjects[1:]:
                yield _build_candidate((subjects[0], subject), evidence)


def _build_candidate(pair: SubjectPair, evidence: LinkEvidence) -> LinkCandidate:
    trust, moment = evidence.strong or (int(Trust.BROWSER), evidence.browser or 0)
    is_evidence, is_browser = trust != Trust.OWNER, trust == Trust.BROWSER
    return LinkCandidate(
        is_evidence=is_evidence,
        is_browser=is_browser,
        is_last=is_evidence and not is_browser and is_by_phone(pair),
        trust=trust,
        moment=moment,
        first=subject_strength(pair[0]),
        second=subject_strength(pair[1]),
    )


def is_by_phone(pair: SubjectPair) -> bool:
    """Return whether one of the subjects is a phone number."""
    return any(subject[:1] == PHONE_LETTER for subject in pair)


def is_device_pair(pair: SubjectPair) -> bool:
    """Return whether one of the subjects is a device, which is always the weaker one."""
    return is_device(pair[1])
