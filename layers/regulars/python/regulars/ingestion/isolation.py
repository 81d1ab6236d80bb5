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
    except RegularsError as error:
        if error.code == UntranslatableError.code:  # one item of many
            _log(error)
        raise
    except Exception as fault:
        _log(fault)
        raise UntranslatableError.from_exception(fault) from fault


def _log(error: BaseException) -> None:
    # Imported when something failed: the logger is a twentieth of a cold start.
    from regulars.transport.logging import log_failure  # noqa: PLC0415

    while error.__cause__:
        error = error.__cause__
    log_failure(error, "translation")
