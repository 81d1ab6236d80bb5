"""Hold what is known about identity as facts that combine: in any order, divided in any way and repeated, they are the same."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import msgspec

from regulars.domain.consent import NO_CONSENTS, Consents, combine_consents
from regulars.domain.link_limits import LINK_LIMITS, LinkLimits

USER_LETTER, EMAIL_LETTER, PHONE_LETTER, CUSTOMER_LETTER, DEVICE_LETTER = "u", "e", "p", "c", "a"

_LATEST_TIME, _LAST_NAME = 1 << 63, "\U0010ffff"  # after every moment and every name

# Two subjects, the stronger one first.
type SubjectPair = tuple[str, str]


class LinkEvidence(msgspec.Struct, frozen=True, array_like=True):
    """The best strong statement that names two subjects together, or else the first one of a browser.

    `strong` is the trust and the moment of the statement, `browser` a moment.
    """

    strong: tuple[int, int] | None = None
    browser: int | None = None

    @property
    def precedence(self) -> tuple[bool, int, int]:
        """A sort key: strong evidence first, then the more trusted, then the older."""
        trust, moment = self.strong or (0, self.browser or 0)
        return self.strong is None, trust, moment

    def combine(self, other: "LinkEvidence") -> "LinkEvidence":
        """Return the better evidence of both; what a browser said does not matter beside a strong statement."""
        strong = min(filter(None, (self.strong, other.strong)), default=None)
        browser = min(filter(None, (self.browser, other.browser)), default=None)
        return LinkEvidence(strong, None if strong else browser)


class IdentityDecision(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A decision of the owner; `id` is the id of its event.

    `action` is `join` (the subjects of both sides are one person), `separate` (no subject of one side is the same person
    as one of the other) or `undo` (`undoes` is the id of a decision that no longer holds). `reason` is the owner's.
    """

    id: str
    action: str
    moment: int
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    undoes: str = ""

    @property
    def subjects(self) -> frozenset[str]:
        """The subjects of both sides."""
        return frozenset((*self.left, *self.right))

    def separates(self, first: AbstractSet[str], second: AbstractSet[str]) -> bool:
        """Return whether the decision keeps two groups of subjects apart."""
        return self.action == "separate" and any(
            not (first.isdisjoint(left) or second.isdisjoint(right))
            for left, right in ((self.left, self.right), (self.right, self.left))
        )


class IdentityFacts(msgspec.Struct, frozen=True):
    """What a set of events says about identity.

    `births` holds the moment of the first statement that names a subject, `known` the subjects that a strong statement
    names, `providers` the provider of each customer number, `links` the evidence for each pair of subjects. `consents` holds
    what is stated about each address, and about a whole person under each of the subjects that are named for it.
    """

    births: dict[str, int] = {}
    known: frozenset[str] = frozenset()
    providers: dict[str, str] = {}
    links: dict[SubjectPair, LinkEvidence] = {}
    decisions: dict[str, IdentityDecision] = {}
    consents: dict[str, Consents] = {}

    def combine(self, *others: "IdentityFacts") -> "IdentityFacts":
        """Return the facts of all these sets together."""
        births, providers, links = dict(self.births), dict(self.providers), dict(self.links)
        consents = dict(self.consents)
        for other in others:
            _keep_least(births, other.births)
            _keep_least(providers, other.providers)
            for pair, evidence in other.links.items():
                stored = links.get(pair)
                links[pair] = stored.combine(evidence) if stored else evidence
            for subject, part in other.consents.items():
                consents[subject] = combine_consents((consents.get(subject, NO_CONSENTS), part))
        return IdentityFacts(
            births=births,
            known=self.known.union(*(other.known for other in others)),
            providers=providers,
            links=links,
            decisions=self.decisions.copy()
            | {id_: decision for other in others for id_, decision in other.decisions.items()},
            consents=consents,
        )

    def includes(self, other: "IdentityFacts") -> bool:
        """Return whether the other facts add nothing to these."""
        return (
            other.known <= self.known
            and other.decisions.keys() <= self.decisions.keys()
            and all(self.births.get(key, _LATEST_TIME) <= at for key, at in other.births.items())
            and all(
                self.providers.get(key, _LAST_NAME) <= name for key, name in other.providers.items()
            )
            and all(
                (stored := self.links.get(pair)) is not None and stored.combine(link) == stored
                for pair, link in other.links.items()
            )
            and all(
                (known := self.consents.get(subject)) is not None
                and combine_consents((known, part)) == known
                for subject, part in other.consents.items()
            )
        )

    def list_subjects(self) -> frozenset[str]:
        """Return every subject that is named, by a statement, a decision or a consent."""
        decided = (decision.subjects for decision in self.decisions.values())
        return frozenset(self.births).union(self.consents, *decided)


NO_FACTS = IdentityFacts()


def split_facts(facts: IdentityFacts) -> dict[str, IdentityFacts]:
    """Return the facts by subject: its own birth, and every link and decision that names it."""
    links: dict[str, dict[SubjectPair, LinkEvidence]] = {}
    for pair, evidence in facts.links.items():
        for subject in pair:
            links.setdefault(subject, {})[pair] = evidence
    decisions: dict[str, dict[str, IdentityDecision]] = {}
    for decision in facts.decisions.values():
        for subject in decision.subjects:
            decisions.setdefault(subject, {})[decision.id] = decision
    return {
        subject: IdentityFacts(
            births=_select_value(facts.births, subject),
            known=facts.known & {subject},
            providers=_select_value(facts.providers, subject),
            links=links.get(subject, {}),
            decisions=decisions.get(subject, {}),
            consents=_select_value(facts.consents, subject),
        )
        for subject in facts.list_subjects()
    }


def limit_links(facts: IdentityFacts, limits: LinkLimits = LINK_LIMITS) -> IdentityFacts:
    """Return the facts without the links that are too many: each of a subject's kinds of links has a limit.

    The strongest and oldest links stay. A link stays when it is within the limits of both subjects.
    """
    if len(facts.links) <= min(limits.stored_links, limits.stored_devices):
        return facts
    by_kind: dict[tuple[str, str], list[SubjectPair]] = {}
    for pair in facts.links:
        for subject, other in (pair, pair[::-1]):
            by_kind.setdefault((subject, other[:1]), []).append(pair)
    excess: set[SubjectPair] = set()
    for (subject, kind), pairs in by_kind.items():
        is_owner = kind == DEVICE_LETTER and not is_device(subject)
        limit = limits.stored_devices if is_owner else limits.stored_links
        if len(pairs) > limit:
            ranked = sorted(pairs, key=lambda pair: (*facts.links[pair].precedence, pair))
            excess.update(ranked[limit:])
    if not excess:
        return facts
    links = {pair: link for pair, link in facts.links.items() if pair not in excess}
    return msgspec.structs.replace(facts, links=links)


def is_device(subject: str) -> bool:
    """Return whether a subject is an anonymous id."""
    return subject[:1] == DEVICE_LETTER


def _select_value[Value](values: Mapping[str, Value], key: str) -> dict[str, Value]:
    return {key: values[key]} if key in values else {}


def _keep_least[Value: (int, str)](values: dict[str, Value], others: Mapping[str, Value]) -> None:
    for key, value in others.items():
        values[key] = min(values.get(key, value), value)
