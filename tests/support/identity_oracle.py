"""Partition a ledger into people by brute force, in the words of docs/identity.md, to compare the product with."""

import base64
from collections.abc import Iterable, Sequence
from itertools import combinations

from regulars.domain.events import Event
from regulars.domain.link_limits import LINK_LIMITS, LinkLimits

RANK_LETTERS = "uepca"
OWNER_TRUST, BROWSER_TRUST = 0, 3
MAX_SHARED_IDENTITIES = 5
TRUST_RANKS = {"owner": 0, "verified": 1, "server": 2, "browser": 3}

type Moment = tuple[str, int]
type Pair = tuple[str, str]
type Evidence = tuple[int, Moment]


def find_trust(event: Event) -> int:
    if event.trust:
        return TRUST_RANKS[event.trust]
    return (
        BROWSER_TRUST if event.source.startswith(("segment/", "form/")) else TRUST_RANKS["verified"]
    )


def find_moment(event: Event) -> Moment:
    """Return when an event was received; of one time the beginning of the id decides, as a number."""
    return event.received_at, int.from_bytes(base64.urlsafe_b64decode(event.id[:4])) // 4


def rank_subject(subject: str) -> tuple[int, str]:
    return RANK_LETTERS.index(subject[0]), subject


def find_other(pair: Pair, name: str) -> str:
    return pair[1] if pair[0] == name else pair[0]


def list_statement_subjects(event: Event) -> list[str]:
    subjects = sorted(set(event.subjects), key=rank_subject)
    if find_trust(event) != BROWSER_TRUST:
        return subjects
    kept: list[str] = []
    for subject in subjects:
        if subject[0] == "a" or all(other[0] != subject[0] for other in kept):
            kept.append(subject)
    return kept


def partition_ledger(
    events: Iterable[Event], limits: LinkLimits = LINK_LIMITS
) -> dict[str, frozenset[str]]:
    """Return the person of each subject."""
    statements = [event for event in events if not event.test and event.type != "Identity Decided"]
    decisions = [event for event in events if event.type == "Identity Decided"]
    return _Oracle(statements, decisions, limits).partition()


class _Oracle:
    def __init__(
        self, statements: Sequence[Event], decisions: Sequence[Event], limits: LinkLimits
    ) -> None:
        self.limits = limits
        self.statements = sorted(statements, key=find_moment)
        undone = {event.properties.get("undoes") for event in decisions}
        self.decisions = sorted(
            (
                event
                for event in decisions
                if event.id not in undone and event.properties["action"] != "undo"
            ),
            key=find_moment,
        )
        self.births: dict[str, Moment] = {}
        self.named_in: dict[str, list[Event]] = {}
        self.known: set[str] = set()
        for event in self.statements:
            for subject in list_statement_subjects(event):
                self.births.setdefault(subject, find_moment(event))
                self.named_in.setdefault(subject, []).append(event)
                if find_trust(event) != BROWSER_TRUST:
                    self.known.add(subject)
        self.evidence = self.find_evidence()
        self.stored = {name: self.list_stored(name) for name in self.births}
        self.worthless = self.find_worthless()
        self.oldest = {name: self.list_oldest(name) for name in self.births if name[0] != "a"}
        self.parents = {name: self.find_parent(name) for name in self.oldest}

    def find_evidence(self) -> dict[Pair, Evidence]:
        """Return the best evidence for each pair of subjects that a statement links."""
        evidence: dict[Pair, Evidence] = {}
        for event in self.statements:
            trust = find_trust(event)
            names = list_statement_subjects(event)
            persons = [name for name in names if name[0] != "a"]
            devices = [name for name in names if name[0] == "a" and name != names[0]]
            if event.type == "Aliased" and trust != BROWSER_TRUST:
                trust = OWNER_TRUST
            for pair in (*combinations(persons, 2), *((names[0], device) for device in devices)):
                stated = (trust, find_moment(event))
                evidence[pair] = min(evidence.get(pair, stated), stated)
        return evidence

    def list_stored(self, name: str) -> set[Pair]:
        """Return the links that are stored with a subject: of those to each kind of subject the best."""
        stored: set[Pair] = set()
        for kind in RANK_LETTERS:
            pairs = [
                pair for pair in self.evidence if name in pair and find_other(pair, name)[0] == kind
            ]
            is_owner = kind == "a" and name[0] != "a"
            limit = self.limits.stored_devices if is_owner else self.limits.stored_links
            stored.update(sorted(pairs, key=lambda pair: (self.evidence[pair], pair))[:limit])
        return stored

    def is_valid(self, pair: Pair) -> bool:
        return all(pair in self.stored[name] for name in pair) and self.worthless.isdisjoint(pair)

    def list_oldest(self, name: str) -> set[Pair]:
        """Return the links of browsers that may take part for a subject: of those to each kind the oldest."""
        oldest: set[Pair] = set()
        for kind in "uepc":
            pairs = [
                pair
                for pair in self.stored[name]
                if self.evidence[pair][0] == BROWSER_TRUST and find_other(pair, name)[0] == kind
            ]
            pairs.sort(key=lambda pair: (self.evidence[pair], pair))
            oldest.update(pairs[: self.limits.browser_links])
        return oldest

    def find_parent(self, name: str) -> str:
        """Return who introduced a subject: the strongest name of its first statement that was there before it."""
        partners: dict[str, str] = {}
        for pair in sorted(self.oldest[name]):
            other = find_other(pair, name)
            if self.evidence[pair][1] == self.births[name]:
                partners.setdefault(other[0], other)
        there_before = [
            other
            for other in partners.values()
            if (self.births[other], rank_subject(other)) < (self.births[name], rank_subject(name))
            and any(name in pair for pair in self.oldest[other])
            and self.worthless.isdisjoint((name, other))
        ]
        return min(there_before, key=rank_subject, default="")

    def list_tree(self, root: str) -> dict[str, str]:
        """Return the parents of those who are introduced from a first subject on."""
        depths, parents, examined = {root: 0}, dict[str, str](), set[Pair]()
        knows_one = root in self.known
        while len(examined) < self.limits.tree_links:
            open_links = [
                (self.evidence[pair][1], rank_subject(name), rank_subject(find_other(pair, name)))
                for name, depth in depths.items()
                for pair in self.oldest[name]
                if depth < self.limits.tree_depth
                and (name == root or name not in self.known)
                and name not in self.worthless
                and find_other(pair, name) not in depths
                and pair not in examined
            ]
            if not open_links:
                break
            _, (_, parent), (_, child) = min(open_links)
            examined.add(min((parent, child), (child, parent), key=lambda p: rank_subject(p[0])))
            if self.parents[child] == parent and not (child in self.known and knows_one):
                parents[child] = parent
                depths[child] = depths[parent] + 1
                knows_one = knows_one or child in self.known
        return parents

    def list_introductions(self) -> set[Pair]:
        """Return the links of browsers that take part."""
        roots = [name for name in self.oldest if name in self.known or not self.parents[name]]
        return {
            min((parent, child), (child, parent), key=lambda pair: rank_subject(pair[0]))
            for root in roots
            for child, parent in self.list_tree(root).items()
        }

    def list_small_groups(self, pairs: Sequence[Pair], limit: int) -> set[Pair]:
        """Return the links that do not connect more subjects than the limit."""
        groups: dict[str, frozenset[str]] = {name: frozenset({name}) for name in self.births}
        for pair in pairs:
            group = groups[pair[0]] | groups[pair[1]]
            groups |= dict.fromkeys(group, group)
        return {pair for pair in pairs if len(groups[pair[0]]) <= limit}

    def list_links(self) -> dict[Pair, tuple[object, ...]]:
        """Return the sort key of each link that may join two subjects that are no devices."""
        strong = [
            pair
            for pair, (trust, _) in self.evidence.items()
            if trust != BROWSER_TRUST and pair[1][0] != "a" and self.is_valid(pair)
        ]
        links: dict[Pair, tuple[object, ...]] = {}
        for pair in self.list_small_groups(strong, self.limits.strong_subjects):
            trust, moment = self.evidence[pair]
            is_phone = trust != OWNER_TRUST and "p" in (pair[0][0], pair[1][0])
            links[pair] = (trust != OWNER_TRUST, False, is_phone, trust, moment)
        for pair in self.list_introductions():
            links[pair] = (True, True, False, *self.evidence[pair])
        return links

    def find_worthless(self) -> set[str]:
        worthless = set()
        for name in self.births:
            others = [
                find_other(pair, name)[0]
                for pair in self.stored[name]
                if name[0] != "a"
                and (name not in self.known or self.evidence[pair][0] != BROWSER_TRUST)
            ]
            if max(others.count("u"), others.count("e")) > MAX_SHARED_IDENTITIES:
                worthless.add(name)
        return worthless

    def partition(self) -> dict[str, frozenset[str]]:
        links = self.list_links()
        people = {name: frozenset({name}) for name in self.births}
        candidates: list[tuple[tuple[object, ...], tuple[int, str], tuple[int, str]]] = [
            (key, rank_subject(pair[0]), rank_subject(pair[1])) for pair, key in links.items()
        ]
        for event in self.decisions:
            named = [*event.properties.get("left", ()), *event.properties.get("right", ())]
            for name in named:
                people.setdefault(name, frozenset({name}))
            first, *others = sorted(set(named), key=rank_subject)
            if event.properties["action"] == "join" and first[0] != "a":
                join_key = (False, False, False, OWNER_TRUST, find_moment(event))
                candidates += [
                    (join_key, rank_subject(first), rank_subject(other)) for other in others
                ]
        for key, (_, first), (_, second) in sorted(candidates):
            is_phone = "p" in (first[0], second[0])
            if self.may_join(key, people[first], people[second], is_phone=is_phone):
                person = people[first] | people[second]
                people |= dict.fromkeys(person, person)
        return self.attach_devices(people)

    def may_join(
        self, key: tuple[object, ...], one: frozenset[str], two: frozenset[str], *, is_phone: bool
    ) -> bool:
        is_evidence, is_browser, *_ = key
        if self.is_separated(one, two):
            return False
        if one == two or not is_evidence:
            return True
        if is_browser and all(
            any(name in self.known for name in side if name[0] != "a") for side in (one, two)
        ):
            return False
        counts = [self.count_kinds(one), self.count_kinds(two)]
        shared = {kind for kind in counts[0] if kind in counts[1] and kind[0] in "ec"}
        if is_phone and shared:
            return False
        return all(
            counts[0][kind] + counts[1][kind] <= (1 if kind == "u" else 5)
            for kind in counts[0]
            if kind in counts[1]
        )

    def is_separated(self, one: frozenset[str], two: frozenset[str]) -> bool:
        for event in self.decisions:
            if event.properties["action"] == "separate":
                left = set(event.properties["left"])
                right = set(event.properties["right"])
                if (left & one and right & two) or (left & two and right & one):
                    return True
        return False

    def count_kinds(self, person: frozenset[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for name in person:
            kind = name[0]
            if kind == "a":
                continue
            if kind == "c":
                providers = [
                    (event.order.key if event.order else event.source).split("/")[0]
                    for event in self.named_in.get(name, ())
                ]
                kind += min(providers, default="")
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    def list_device_links(self) -> set[Pair]:
        """Return the links of devices that count."""
        crowded = {
            name
            for name, pairs in self.stored.items()
            if name[0] == "a"
            and sum(pair[0][0] != "a" for pair in pairs) > self.limits.device_leads
        }
        valid = {
            pair
            for pair in self.evidence
            if pair[1][0] == "a" and self.is_valid(pair) and crowded.isdisjoint(pair)
        }
        between = [pair for pair in valid if pair[0][0] == "a"]
        small = self.list_small_groups(between, self.limits.stored_devices)
        connected = {name for pair in between if pair not in small for name in pair}
        return {pair for pair in valid if connected.isdisjoint(pair)}

    def attach_devices(self, people: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        # A device that only the owner has named counts, too: others may be separated from it.
        centres: dict[str, set[str]] = {name: set() for name in people if name[0] == "a"}
        groups = {name: frozenset({name}) for name in centres}
        for first, device in self.list_device_links():
            if first[0] != "a":
                centres[device].add(first)
            else:
                group = groups[first] | groups[device]
                groups |= dict.fromkeys(group, group)
        for event in self.decisions:
            named = [*event.properties.get("left", ()), *event.properties.get("right", ())]
            if event.properties["action"] == "join" and all(name[0] == "a" for name in named):
                group = frozenset().union(*(groups.get(name, {name}) for name in named))
                groups |= dict.fromkeys(group, group)
        persons = {
            name: frozenset(other for other in person if other[0] != "a")
            for name, person in people.items()
        }
        decided_by_group = {
            group: {persons[name] for name in group if persons.get(name)}
            for group in set(groups.values())
        }
        attached = {person: person for person in set(persons.values())}
        for group in sorted(
            decided_by_group, key=lambda one: (not decided_by_group[one], min(one))
        ):
            owners = decided_by_group[group] or {
                persons[name] for device in group for name in centres.get(device, ())
            }
            if len(owners) == 1 and not self.is_separated(attached[min(owners)], group):
                attached[min(owners)] |= group
            else:
                people |= dict.fromkeys(group, group)
        for owner in set(filter(None, persons.values())):
            people |= dict.fromkeys(attached[owner], attached[owner])
        born = frozenset(self.births)
        return {name: person & born for name, person in people.items() if name in born}


def find_worthless(events: Iterable[Event]) -> set[str]:
    """Return the subjects that name too many people to name one."""
    statements = [event for event in events if not event.test and event.type != "Identity Decided"]
    return _Oracle(statements, (), LINK_LIMITS).worthless


def find_owners(events: Sequence[Event]) -> dict[str, str]:
    """Return the subject that each event which names somebody belongs to, by event id."""
    worthless = find_worthless(events)
    owners: dict[str, str] = {}
    for event in events:
        names = list_statement_subjects(event)
        if names:
            owners[event.id] = next((name for name in names if name not in worthless), names[0])
    return owners
