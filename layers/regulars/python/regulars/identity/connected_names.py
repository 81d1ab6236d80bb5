"""Keep disjoint sets of connected names (union-find)."""

from collections.abc import Sequence


class ConnectedNames:
    """Disjoint sets of connected names (union-find)."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def join_names(self, names: Sequence[str]) -> None:
        """Put these names, and all names connected to them, into one set."""
        for name in names:
            self._parents[self.find_root(name)] = self.find_root(names[0])

    def find_root(self, name: str) -> str:
        """Return the name that represents the set of this name."""
        parent = self._parents.setdefault(name, name)
        while parent != self._parents[parent]:
            self._parents[name] = parent = self._parents[parent]
        return parent
