"""Partition a ledger into people by brute force, in the words of docs/identity.md, to compare the product with."""

import base64
from collections.abc import Iterable, Sequence
from itertools import combinations

from regulars.domain.events import Event

RANK_LETTERS = "uepca"
OWNER_TRUST, BROWSER_TRUST = 0, 3
MAX_SHARED_IDENTITIES = 5
TRUST_RANKS = {"owner": 0, "verified": 1, "server": 2, "browser": 3}

type Moment = tuple[str, int]


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


def list_statement_subjects(event: Event) -> list[str]:
    subjects = sorted(set(event.subjects), key=rank_subject)
    if find_trust(event) != BROWSER_TRUST:
        return subjects
    kept: list[str] = []
    for subject in subjects:
        if subject[0] == "a" or all(other[0] != subject[0] for other in kept):
            kept.append(subject)
    return kept


def partition_ledger(events: Iterable[Event]) -> dict[str, frozenset[str]]:
    """Return the person of each subject."""
    statements = [event for event in events if not event.test and event.type != "Identity Decided"]
    decisions = [event for event in events if event.type == "Identity Decided"]
    return _Oracle(statements, decisions).partition()


class _Oracle:
    def __init__(self, statements: Sequence[Event], decisions: Sequence[Event]) -> None:
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

    def list_links(self) -> dict[tuple[str, str], tuple[object, ...]]:
        """Return the sort key of each link that may join two subjects that are no devices."""
        links: dict[tuple[str, str], tuple[object, ...]] = {}
        for event in self.statements:
            trust, moment = find_trust(event), find_moment(event)
            persons = [name for name in list_statement_subjects(event) if name[0] != "a"]
            for pair in combinations(persons, 2):
                if trust == BROWSER_TRUST and moment not in {self.births[name] for name in pair}:
                    continue
                level = OWNER_TRUST if event.type == "Aliased" and trust != BROWSER_TRUST else trust
                key = (
                    level != OWNER_TRUST,
                    level == BROWSER_TRUST,
                    level != OWNER_TRUST and "p" in (pair[0][0], pair[1][0]),
                    level,
                )
                links[pair] = min(links.get(pair, (True, True, True, 9)), (*key, moment))
        return links

    def find_worthless(self) -> set[str]:
        worthless = set()
        for name in self.births:
            statements = [
                list_statement_subjects(event)
                for event in self.named_in[name]
                if name not in self.known or find_trust(event) != BROWSER_TRUST
            ]
            for letter in "ue":
                others = {
                    other
                    for names in statements
                    if name in names and name[0] != "a"
                    for other in names
                    if other[0] == letter and other != name
                }
                if len(others) > MAX_SHARED_IDENTITIES:
                    worthless.add(name)
        return worthless

    def partition(self) -> dict[str, frozenset[str]]:
        links = self.list_links()
        worthless = self.find_worthless()
        people = {name: frozenset({name}) for name in self.births}
        candidates: list[tuple[tuple[object, ...], tuple[int, str], tuple[int, str]]] = [
            (key, rank_subject(pair[0]), rank_subject(pair[1]))
            for pair, key in links.items()
            if worthless.isdisjoint(pair)
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
            if self.may_join(key, people[first], people[second]):
                person = people[first] | people[second]
                people |= dict.fromkeys(person, person)
        return self.attach_devices(people, worthless)

    def may_join(self, key: tuple[object, ...], one: frozenset[str], two: frozenset[str]) -> bool:
        is_evidence, is_browser, is_phone, *_ = key
        if self.is_separated(one, two):
            return False
        if one == two or not is_evidence:
            return True
        if is_browser and one & self.known and two & self.known:
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

    def attach_devices(
        self, people: dict[str, frozenset[str]], worthless: set[str]
    ) -> dict[str, frozenset[str]]:
        # A device that only the owner has named counts, too: others may be separated from it.
        centres: dict[str, set[str]] = {name: set() for name in people if name[0] == "a"}
        groups = {name: frozenset({name}) for name in centres}
        for event in self.statements:
            names = list_statement_subjects(event)
            devices = [name for name in names if name[0] == "a"]
            for device in devices:
                if names[0][0] != "a":
                    if names[0] not in worthless:
                        centres[device].add(names[0])
                else:
                    group = groups[devices[0]] | groups[device]
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
    return _Oracle(statements, ()).find_worthless()


def find_owners(events: Sequence[Event]) -> dict[str, str]:
    """Return the subject that each event which names somebody belongs to, by event id."""
    worthless = find_worthless(events)
    owners: dict[str, str] = {}
    for event in events:
        names = list_statement_subjects(event)
        if names:
            owners[event.id] = next((name for name in names if name not in worthless), names[0])
    return owners
