"""Decide which links of browsers take part: those by which each new subject comes to the person of one that exists.

Links that come later change nothing about those that came before (docs/identity.md).
"""

from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heappush, nsmallest
from itertools import chain

import msgspec

from regulars.domain.identifiers import subject_strength
from regulars.identity.subject_facts import SubjectFacts


class BrowserTree(msgspec.Struct, frozen=True):
    """A first subject, and those that browsers introduced beside it and beside each other, oldest first.

    `parents` holds the subject beside which each was introduced. A known subject is the last of its branch.
    """

    root: str
    parents: dict[str, str] = {}


class _IntroducingLink(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A link that may introduce a subject, sorted by age."""

    moment: int
    parent: tuple[int, str]
    child: tuple[int, str]


class BrowserTrees:
    """The trees of browsers' links, each built when it is needed."""

    def __init__(self, facts: SubjectFacts) -> None:
        self._facts = facts
        self._limits = facts.limits
        self._parents: dict[str, str] = {}
        self._trees: dict[str, BrowserTree] = {}

    def list_trees(self, subject: str) -> list[BrowserTree]:
        """Return the trees to which a subject belongs: a known one can begin a tree and end a branch of another."""
        starts = [subject]
        parent = self.find_parent(subject) if self._facts.is_known(subject) else ""
        if parent and not self._facts.is_known(parent):
            starts.append(parent)
        trees = (self._get_tree(root) for start in starts if (root := self._find_root(start)))
        return [tree for tree in trees if subject == tree.root or subject in tree.parents]

    def find_parent(self, subject: str) -> str:
        """Return the subject beside which a browser introduced this one: the strongest that its first statement names.

        Of several subjects that a statement names first, the strongest introduces the others. Return '' for a subject
        that nobody introduced.
        """
        if subject not in self._parents:
            self._facts.load(partners := self._list_birth_partners(subject))
            parents = (other for other in partners if self._may_introduce(other, subject))
            self._parents[subject] = next(parents, "")
        return self._parents[subject]

    def _list_birth_partners(self, subject: str) -> list[str]:
        """Return whom the first statement names with a subject, strongest first: one subject of each kind."""
        moments = self._facts.list_browser_partners(subject)
        if not moments:
            return []
        birth = self._facts.find_birth(subject)
        partners = (other for other, moment in moments.items() if moment == birth)
        by_kind = {other[:1]: other for other in sorted(partners, reverse=True)}
        return sorted(by_kind.values(), key=subject_strength)

    def _may_introduce(self, parent: str, subject: str) -> bool:
        if subject not in self._facts.list_browser_partners(parent):
            return False
        if not self._facts.worthless.isdisjoint((parent, subject)):
            return False
        births = self._facts.find_birth(parent), self._facts.find_birth(subject)
        if births[0] == births[1]:
            return subject_strength(parent) < subject_strength(subject)
        return births[0] is not None and births[1] is not None and births[0] < births[1]

    def _find_root(self, subject: str) -> str:
        """Return the first subject of the tree that may hold this one; '' when the tree ends before."""
        root = subject
        for _ in range(self._limits.tree_depth + 1):
            parent = "" if self._facts.is_known(root) else self.find_parent(root)
            if not parent:
                return root
            root = parent
        return ""

    def _get_tree(self, root: str) -> BrowserTree:
        if root not in self._trees:
            self._trees[root] = self._build_tree(root)
        return self._trees[root]

    def _build_tree(self, root: str) -> BrowserTree:
        tree, depths = BrowserTree(root, {}), {root: 0}
        has_known = self._facts.is_known(root)
        for link in self._walk_links(root, depths):
            parent, child = link.parent[1], link.child[1]
            is_known = self._facts.is_known(child)
            if self.find_parent(child) != parent or (is_known and has_known):
                continue
            # A tree has one known subject: its first one, or else the first that it reaches.
            has_known = has_known or is_known
            tree.parents[child] = parent
            depths[child] = self._limits.tree_depth if is_known else depths[parent] + 1
        return tree

    def _walk_links(self, root: str, depths: Mapping[str, int]) -> Iterator[_IntroducingLink]:
        """Yield the links to follow, the oldest first, up to the limit; `depths` grows by the children that are taken."""
        pending = self._list_links(root)
        heapify(pending)
        examined, budget = 0, self._limits.tree_links
        while pending and examined < self._limits.tree_links:
            budget -= self._load_children(pending, budget)
            link = heappop(pending)
            child = link.child[1]
            if child in depths:
                continue
            examined += 1
            yield link
            if depths.get(child, self._limits.tree_depth) < self._limits.tree_depth:
                for next_link in self._list_links(child):
                    heappush(pending, next_link)

    def _list_links(self, parent: str) -> list[_IntroducingLink]:
        if parent in self._facts.worthless:
            return []
        rank = subject_strength(parent)
        return [
            _IntroducingLink(moment, rank, subject_strength(child))
            for child, moment in self._facts.list_browser_partners(parent).items()
        ]

    def _load_children(self, pending: list[_IntroducingLink], budget: int) -> int:
        """Read the next child, and with it as many as the budget allows; return how many were read."""
        if self._facts.is_loaded(pending[0].child[1]):
            return 0
        next_links = nsmallest(max(budget, 1), pending)
        children = {
            link.child[1] for link in next_links if not self._facts.is_loaded(link.child[1])
        }
        self._facts.load(children)
        self._facts.load(chain.from_iterable(map(self._list_birth_partners, children)))
        return len(children)
