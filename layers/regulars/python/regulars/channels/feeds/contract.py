"""Define the contract of a feed: list the changes since a watermark page by page, resumable at any page.

A feed brings what webhooks did not deliver. Each provider has a module that defines one `FeedProvider` value, and one
line in `regulars.channels.registry` that names it:

    FEED_PROVIDER = FeedProvider(channel="acme", list_feeds=list_feeds)

A record looks like the webhook delivery of the same change, so that the channel translates both into the same events.
"""

from typing import Protocol

import msgspec

from regulars.domain.errors import RegularsError


class FeedRecord(msgspec.Struct, frozen=True):
    """One object of a page, as the body and the headers with which the provider's webhook would deliver it."""

    body: bytes
    headers: dict[str, str] = {}


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of what changed. Times are RFC 3339 by the provider's clock, '' if the provider does not say.

    Attributes:
        records: The objects of the page.
        newest: The time of the latest change on the page.
        at: The provider's current time.
        cursor: Where the next page begins; '' if this is the last one.
    """

    records: tuple[FeedRecord, ...] = ()
    newest: str = ""
    at: str = ""
    cursor: str = ""


class Feed(Protocol):
    """One kind of resource of one source, such as the orders of a shop; `name` is unique within the source."""

    name: str

    def read_page(self, since: str, cursor: str) -> FeedPage:
        """Return what changed at or after `since` (RFC 3339), at the cursor of the previous page ('' for the first).

        A change that happens between two pages may appear twice and is never skipped. Raise FeedError if the provider
        does not answer as it should, CursorLostError if it no longer knows the cursor.
        """
        ...


class FeedError(RegularsError):
    """A feed cannot be read; `code` is the reason, the message says what the owner can do."""

    code = "unreachable"

    def __init__(self, message: str, code: str = "unreachable") -> None:
        super().__init__(message)
        self.code = code


class CursorLostError(FeedError):
    """The provider no longer knows the cursor: begin again at the watermark."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "cursor_lost")


def config_error(message: str) -> FeedError:
    """Return the error for a config or credentials that cannot work."""
    return FeedError(message, "misconfigured")


def response_error(message: str) -> FeedError:
    """Return the error for an answer that cannot be read."""
    return FeedError(message, "unexpected_answer")
