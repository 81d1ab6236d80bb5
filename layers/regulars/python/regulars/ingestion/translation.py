"""Translate each item by itself; return the drafts and the failures."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from regulars.channels.contract import Draft, PartlyInvalidError, Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import RegularsError, UntranslatableError
from regulars.domain.isolation import Isolated, convert_bugs, isolate
from regulars.store.rejects import Reject, StoredDelivery


def isolate_translation[Item, Error: RegularsError](
    items: Iterable[Item],
    translate: Callable[[Item], Iterable[Draft]],
    kinds: type[Error] | tuple[type[Error], ...],
) -> Isolated[Item, Draft, Error]:
    """Translate each item by itself, as `isolate` does; a bug fails its item with UntranslatableError and is logged.

    A sender still gets a 200 for an item that meets a bug: sending it again does not help, and some providers give up
    on an address that often fails.
    """
    return isolate(items, _log_bugs(convert_bugs(translate)), kinds)


def translate_delivery(channel: str, request: Request) -> Iterator[Draft]:
    """Yield the drafts of one delivery; those of its valid items before the error of the others is raised."""
    try:
        yield from load_channel(channel).translate(request)
    except PartlyInvalidError as error:
        yield from error.drafts
        raise


def translate_deliveries[Error: RegularsError](
    channel: str, requests: Iterable[Request], kinds: type[Error]
) -> Isolated[Request, Draft, Error]:
    """Translate each delivery of a channel by itself."""
    return isolate_translation(requests, partial(translate_delivery, channel), kinds)


def delivery_reject(
    channel: str, request: Request, error: RegularsError, *, verified: bool
) -> Reject:
    """Return the reject of a delivery; `verified` says that its signature was valid."""
    return Reject(
        code=error.code,
        reason=str(error),
        source=f"{channel}/{request.source}",
        raw=request.body,
        delivery=_build_stored_delivery(request, verified=verified),
    )


def _build_stored_delivery(request: Request, *, verified: bool) -> StoredDelivery:
    return StoredDelivery(
        method=request.method,
        url=request.url,
        raw_query=request.raw_query,
        headers=request.headers,
        verified=verified,
    )


def _log_bugs[Item](
    translate: Callable[[Item], Iterator[Draft]],
) -> Callable[[Item], Iterator[Draft]]:
    def translate_item(item: Item) -> Iterator[Draft]:
        try:
            yield from translate(item)
        except RegularsError as error:
            # A PartlyInvalidError has the code of its worst item.
            if error.code == UntranslatableError.code:
                _log_bug(error)
            raise

    return translate_item


def _log_bug(error: BaseException) -> None:
    # Imported when something failed: the logger is a twentieth of a cold start.
    from regulars.transport.logging import log_failure  # noqa: PLC0415

    while error.__cause__:
        error = error.__cause__
    log_failure(error, "translation")
