"""One failing item holds no other item back."""

from collections.abc import Iterator

import pytest

from regulars.domain.errors import InvalidEventError, StoreBusyError, UntranslatableError
from regulars.domain.isolation import convert_bugs, isolate


def parse_numbers(text: str) -> Iterator[int]:
    """Yield the numbers of a text until one is invalid."""
    for part in text.split():
        if part == "busy":
            raise StoreBusyError
        if not part.isdigit():
            raise InvalidEventError("This is no number.", "no_number")
        yield int(part)


def test_failing_item_holds_no_other_back() -> None:
    numbers, failures = isolate(["1", "x", "3"], parse_numbers, InvalidEventError)
    assert numbers == [1, 3]
    assert [(failure.item, failure.error.code) for failure in failures] == [("x", "no_number")]


def test_results_before_a_failure_are_kept() -> None:
    numbers, failures = isolate(["1 2 x 4", "5"], parse_numbers, InvalidEventError)
    assert (numbers, len(failures)) == ([1, 2, 5], 1)


def test_error_of_another_kind_is_raised() -> None:
    with pytest.raises(StoreBusyError):
        isolate(["1", "busy"], parse_numbers, InvalidEventError)


def test_first_failure_is_the_one_raised() -> None:
    isolated = isolate(["1", "x", "busy"], parse_numbers, (InvalidEventError, StoreBusyError))
    with pytest.raises(InvalidEventError, match="no number"):
        isolated.raise_first_failure()


def test_bug_becomes_an_untranslatable_item() -> None:
    _, failures = isolate([1, 0], convert_bugs(lambda number: [1 // number]), InvalidEventError)
    ((item, error),) = failures
    assert (item, error.code) == (0, UntranslatableError.code)
    assert isinstance(error.__cause__, ZeroDivisionError)


def test_error_of_ours_is_no_bug() -> None:
    with pytest.raises(StoreBusyError):
        isolate(["busy"], convert_bugs(parse_numbers), InvalidEventError)
