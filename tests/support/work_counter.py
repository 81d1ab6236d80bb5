"""Count the work of a call without a clock: the lines of Python that it executes and the steps of its regexes.

Code in C is not counted, except for regexes: the parsers of JSON and XML are linear by their design.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]  # they have no stubs
from types import FrameType
from typing import Any

MAX_GROWTH = 2.5  # of the work, when the input doubles
MIN_WORK = 100  # below, the ratio of two counts says nothing
MAX_WORK = 5_000_000  # of a call; a test that exceeds it would take minutes
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_GROUPS = (_constants.SUBPATTERN, _constants.BRANCH, *_REPEATS)

type Node = tuple[Any, Any]


class WorkLimitError(BaseException):
    """The work exceeds its limit; no `except Exception` of the measured code may catch this."""


class WorkCounter:
    """A number of executed lines and of regex steps, up to a limit."""

    def __init__(self, limit: float = MAX_WORK) -> None:
        self.work = 0
        self._limit = limit

    def add_step(self) -> None:
        """Count one line or step; raise WorkLimitError beyond the limit."""
        self.work += 1
        if self.work > self._limit:
            raise WorkLimitError(f"The work exceeds {self._limit:.0f} lines and regex steps.")

    def count_line(self, _frame: FrameType, event: str, _argument: object) -> Any:
        """Count an executed line; `sys.settrace` calls this."""
        if event == "line":
            self.add_step()
        return self.count_line


def count_work(call: Callable[[], object], limit: float = MAX_WORK) -> int:
    """Return the work of a call, whose exceptions are ignored; raise WorkLimitError beyond the limit."""
    counter = WorkCounter(limit)
    previous = sys.gettrace()
    with _install_counting_patterns(counter):
        sys.settrace(counter.count_line)
        try:
            with suppress(Exception):
                call()
        finally:
            sys.settrace(previous)
    return counter.work


def assert_linear_work(
    call: Callable[[int], object], size: int, max_growth: float = MAX_GROWTH
) -> None:
    """Raise WorkLimitError when the work grows more than `max_growth`-fold while the size of the input doubles."""
    count_work(partial(call, size))  # imports and caches are no work of the measured calls
    work = count_work(partial(call, size))
    count_work(partial(call, 2 * size), limit=max_growth * max(work, MIN_WORK))


@contextmanager
def _install_counting_patterns(counter: WorkCounter) -> Iterator[None]:
    """Count the steps of every regex that is a global of our modules."""
    modules = [module for name, module in sys.modules.items() if name.startswith("regulars.")]
    patterns = [
        (module, name, value)
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    ]
    for module, name, pattern in patterns:
        setattr(module, name, CountingPattern(pattern, counter))
    try:
        yield
    finally:
        for module, name, pattern in patterns:
            setattr(module, name, pattern)


class CountingPattern:
    """A compiled regex that counts the steps of a backtracking matcher beside its real result."""

    def __init__(self, pattern: re.Pattern[Any], counter: WorkCounter) -> None:
        self._pattern = pattern
        self._matcher = BacktrackingMatcher(pattern, counter)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the real pattern; count the steps when a method is called."""
        attribute = getattr(self._pattern, name)
        if not callable(attribute):
            return attribute

        def call(*arguments: Any, **options: Any) -> Any:
            # Only the lines of the measured code are counted, not those of this matcher.
            trace = sys.gettrace()
            sys.settrace(None)
            text = arguments[1 if name in {"sub", "subn"} else 0]
            self._matcher.run_method(name, text)
            sys.settrace(trace)
            return attribute(*arguments, **options)

        return call


class BacktrackingMatcher:
    """The algorithm of Python's regex engine, without its shortcuts, to count the steps of a match."""

    def __init__(self, pattern: re.Pattern[Any], counter: WorkCounter) -> None:
        self._counter = counter
        self._flags = pattern.flags
        self._parsed = _parser.parse(pattern.pattern, pattern.flags)
        self._leaves: dict[int, re.Pattern[Any]] = {}
        self._text: str | bytes = ""

    def run_method(self, method: str, text: str | bytes) -> None:
        """Count the steps of one call of a method of `re.Pattern` on this text."""
        self._text = text
        if method in {"match", "fullmatch"}:
            ends = self._match_sequence(self._parsed, 0, 0)
            any(method == "match" or end == len(text) for end in ends)
        else:
            spans = self.find_spans(text)
            any(spans) if method == "search" else list(spans)

    def find_spans(self, text: str | bytes) -> Iterator[tuple[int, int]]:
        """Yield the spans of all matches, from left to right."""
        self._text = text
        start = 0
        while start <= len(text):
            end = next(self._match_sequence(self._parsed, 0, start), None)
            if end is not None:
                yield start, end
            start = start + 1 if end is None or end == start else end

    def _match_sequence(self, nodes: Sequence[Node], index: int, at: int) -> Iterator[int]:
        """Yield every end of a match of the nodes from `index` on, in the order in which the engine tries them."""
        if index == len(nodes):
            yield at
            return
        for end in self._match_node(nodes[index], at):
            yield from self._match_sequence(nodes, index + 1, end)

    def _match_node(self, node: Node, at: int) -> Iterator[int]:
        operation, argument = node
        if operation is _constants.SUBPATTERN:
            yield from self._match_sequence(argument[-1], 0, at)
        elif operation is _constants.BRANCH:
            for branch in argument[1]:
                yield from self._match_sequence(branch, 0, at)
        elif operation not in _REPEATS:
            yield from self._match_leaf(node, at)
        elif len(argument[2]) == 1 and argument[2][0][0] not in _GROUPS:
            yield from self._repeat_leaf(node, at)
        else:
            yield from self._repeat_group(node, at, 0)

    def _repeat_leaf(self, node: Node, at: int) -> Iterator[int]:
        operation, (minimum, maximum, (leaf,)) = node
        ends = self._leaf_ends(leaf, at, maximum)
        if operation is _constants.MIN_REPEAT:
            yield from islice(ends, minimum, None)
        else:
            yield from reversed(list(ends)[minimum:])

    def _leaf_ends(self, leaf: Node, at: int, maximum: int) -> Iterator[int]:
        """Yield the position after no, one, two and more repetitions."""
        yield at
        for _ in range(maximum):
            end = next(self._match_leaf(leaf, at), None)
            if end is None:
                return
            yield (at := end)

    def _repeat_group(self, node: Node, at: int, count: int) -> Iterator[int]:
        operation, (minimum, maximum, body) = node
        is_lazy = operation is _constants.MIN_REPEAT
        if is_lazy and count >= minimum:
            yield at
        if count < maximum:
            for end in self._match_sequence(body, 0, at):
                if end > at or count < minimum:
                    yield from self._repeat_group(node, end, count + 1)
        if not is_lazy and count >= minimum:
            yield at

    def _match_leaf(self, node: Node, at: int) -> Iterator[int]:
        self._counter.add_step()
        if id(node) not in self._leaves:
            sequence = _parser.SubPattern(self._parsed.state, [node])
            self._leaves[id(node)] = _compiler.compile(sequence, self._flags)
        match: re.Match[Any] | None = self._leaves[id(node)].match(self._text, at)
        if match:
            yield match.end()
