"""The callback through which a long use case reports how far it has come."""

from collections.abc import Callable

type OnProgress[T] = Callable[[T], None]


def discard_progress(_progress: object) -> None:
    """Do nothing; the default of every use case that reports progress."""
