"""The counter of work finds quadratic code and quadratic regexes, and its matcher agrees with the real engine."""

import pkgutil
import re
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import regulars.channels
from tests.support.work_counter import (
    BacktrackingMatcher,
    CountingPattern,
    WorkCounter,
    WorkLimitError,
    assert_linear_work,
    count_work,
)

SIZE = 200
PATTERNS = {
    f"{module.name}.{name}": value
    for module in pkgutil.walk_packages(regulars.channels.__path__, "regulars.channels.")
    for name, value in vars(import_module(module.name)).items()
    if isinstance(value, re.Pattern)
}


def scan_lines(size: int) -> None:
    for _ in range(size):
        pass


def scan_pairs(size: int) -> None:
    for _ in range(size):
        scan_lines(size)


@pytest.mark.parametrize(("call", "growth"), [(scan_lines, 2), (scan_pairs, 4)])
def test_lines_grow_with_the_loops(call: Callable[[int], None], growth: int) -> None:
    works = [count_work(partial(call, n)) for n in (SIZE, 2 * SIZE)]
    assert works[1] / works[0] == pytest.approx(growth, rel=0.1)


@pytest.mark.parametrize(
    ("pattern", "growth"),
    [(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", 2), (r"<!\[CDATA\[.*?\]\]>", 4), (r"(a|[^b])+@", 4)],
)
def test_regex_steps_grow_with_the_backtracking(pattern: str, growth: int) -> None:
    counters = [WorkCounter(), WorkCounter()]
    for counter, repeats in zip(counters, (10, 20), strict=True):
        CountingPattern(re.compile(pattern, re.DOTALL), counter).findall("<![CDATA[" * repeats)
    assert counters[1].work / counters[0].work == pytest.approx(growth, rel=0.2)


def test_work_beyond_the_limit_is_an_error_that_no_code_catches() -> None:
    with pytest.raises(WorkLimitError, match="exceeds"):
        assert_linear_work(scan_pairs, SIZE)


@given(st.sampled_from(sorted(PATTERNS)), st.text(max_size=30) | st.from_regex(r"[\w@.+ <\[\]>-]*"))
def test_matcher_finds_what_the_real_engine_finds(name: str, text: str) -> None:
    pattern: re.Pattern[Any] = PATTERNS[name]
    subject = text.encode() if isinstance(pattern.pattern, bytes) else text
    expected = [match.span() for match in pattern.finditer(subject)]
    found = list(BacktrackingMatcher(pattern, WorkCounter()).find_spans(subject))
    assert [span for span in found if span[0] < span[1]] == [s for s in expected if s[0] < s[1]]


def test_pattern_counts_steps_and_returns_the_real_result() -> None:
    counter = WorkCounter()
    pattern = CountingPattern(re.compile("b+"), counter)
    assert pattern.sub("c", "abb") == "ac"
    assert counter.work == 5
