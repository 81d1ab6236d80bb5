"""Isolate failing items: process each item by itself, so that a failure holds no other item back."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from regulars.domain.errors import RegularsError, UntranslatableError


class Failure[Item, Error: Exception](NamedTuple):
    """An item that could not be processed completely, and the error that says why."""

    item: Item
    error: Error


class Isolated[Item, Result, Error: Exception](NamedTuple):
    """The results of all items in their order, and one failure for each item that failed."""

    results: list[Result]
    failures: list[Failure[Item, Error]]

    def raise_first_failure(self) -> None:
        """Raise the error of the first failure, if there is one."""
        for failure in self.failures:
            raise failure.error


def isolate[Item, Result, Error: Exception](
    items: Iterable[Item],
    process: Callable[[Item], Iterable[Result]],
    kinds: type[Error] | tuple[type[Error], ...],
) -> Isolated[Item, Result, Error]:
    """Collect the results of `process` for each item; an error of one of `kinds` fails its item only.

    Results that `process` yields before it fails are kept. Any other error is raised: the caller retries all items.

    >>> isolate(["1", "x", "3"], lambda text: [int(text)], ValueError).results
    [1, 3]
    """
    results: list[Result] = []
    failures: list[Failure[Item, Error]] = []
    for item in items:
        try:
            results.extend(process(item))
        except kinds as error:
            failures.append(Failure(item, error))
    return Isolated(results, failures)


def convert_bugs[Item, Result](
    translate: Callable[[Item], Iterable[Result]],
) -> Callable[[Item], Iterator[Result]]:
    """Return `translate` with each unexpected exception raised as UntranslatableError.

    A bug in a translator fails in the same way each time the item is sent. As UntranslatableError, an
    InvalidEventError, it makes the item a reject, which a replay records once the bug is fixed.
    """

    def translate_item(item: Item) -> Iterator[Result]:
        try:
            yield from translate(item)
        except RegularsError:
            raise
        except Exception as bug:
            raise UntranslatableError.from_exception(bug) from bug

    return translate_item
