"""A fault of ours in a translation costs one item its place for now, never a delivery its 200: it is kept for a replay."""

from collections.abc import Iterator
from contextlib import contextmanager

from regulars.domain.errors import RegularsError, UntranslatableError


@contextmanager
def translating() -> Iterator[None]:
    """Whatever goes wrong inside is a RegularsError: a fault that nobody thought of an UntranslatableError, logged.

    Sending the same again would not help, and some providers give up on an address that often fails.
    """
    try:
        yield
    except RegularsError:
        raise
    except Exception as error:
        # Imported when something failed: the logger is a twentieth of a cold start.
        from regulars.edge.logging import log_failure  # noqa: PLC0415

        log_failure(error, "translation")
        raise UntranslatableError(type(error).__name__) from error
