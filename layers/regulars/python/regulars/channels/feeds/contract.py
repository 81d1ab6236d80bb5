"""Define the contract of a feed: list the changes since a watermark page by page, resumable at any page."""

from typing import Protocol

import msgspec

from regulars.domain.errors import RegularsError


class Record(msgspec.Struct, frozen=True):
    """One object as the provider shows it, and the headers with which its webhook would have brought it."""

    body: bytes
    headers: dict[str, str] = {}


class Page(msgspec.Struct, frozen=True):
    """Some of what changed.

    `newest` is the latest change shown, `at` what time the provider has; `cursor` continues after this page, '' when
    it was the last one. Times are RFC 3339 texts by the provider's clock, '' when it does not say.
    """

    records: tuple[Record, ...] = ()
    newest: str = ""
    at: str = ""
    cursor: str = ""


class Feed(Protocol):
    """One kind of resource of one source; `name` tells it from the source's others."""

    name: str

    def page(self, since: str, cursor: str) -> Page:
        """What changed at or after `since`, at the cursor of the page before ('' for the first).

        What changes while pages are turned may be shown twice, and is never passed over. FeedError when the provider
        does not answer as it should, CursorLostError when it no longer knows the cursor.
        """
        ...


class FeedError(RegularsError):
    """A provider that could not be asked; `code` says why, the message what the owner can do."""

    code = "unreachable"

    def __init__(self, message: str, code: str = "unreachable") -> None:
        super().__init__(message)
        self.code = code


class CursorLostError(FeedError):
    """The provider no longer knows where we were: begin again at the watermark."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "cursor_lost")


def misconfigured(message: str) -> FeedError:
    """What is raised when what the owner set up cannot work."""
    return FeedError(message, "misconfigured")


def unexpected(message: str) -> FeedError:
    """What is raised for an answer that cannot be read."""
    return FeedError(message, "unexpected_answer")
