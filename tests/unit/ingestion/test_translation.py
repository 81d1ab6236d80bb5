"""Translations fail one delivery at a time, and a bug is logged once."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from regulars.channels.contract import Draft, PartlyInvalidError, Request
from regulars.domain.errors import InvalidEventError, InvalidRequestError
from regulars.domain.events import Event
from regulars.ingestion import translation
from regulars.ingestion.translation import isolate_translation, translate_deliveries

NOW = datetime(2026, 11, 20, tzinfo=UTC)
EVENT = Event(
    id="e1",
    type="Page Viewed",
    channel="web",
    source="segment/web",
    occurred_at="2026-11-20T09:00:00.000Z",
    received_at="2026-11-20T09:00:01.000Z",
)
DRAFT = Draft(EVENT)


@pytest.fixture
def bug_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the errors that are logged as bugs."""
    names: list[str] = []
    log = lambda error, _where: names.append(type(error).__name__)  # noqa: E731
    monkeypatch.setattr("regulars.transport.logging.log_failure", log)
    return names


def translate_word(word: str) -> Iterator[Draft]:
    """Yield a draft for a word that is no name of an error."""
    if word == "bug":
        raise ZeroDivisionError
    if word == "invalid":
        raise InvalidEventError("It can never be accepted.")
    if word == "unreadable":
        raise InvalidRequestError("It cannot be read.")
    yield DRAFT


def test_bug_is_one_failure_and_logged_once(bug_names: list[str]) -> None:
    drafts, failures = isolate_translation(
        ["fine", "bug", "invalid", "fine"], translate_word, InvalidEventError
    )
    assert len(drafts) == 2
    assert [failure.error.code for failure in failures] == ["untranslatable", "invalid_event"]
    assert bug_names == ["ZeroDivisionError"]


def test_unreadable_delivery_is_raised_for_its_sender(bug_names: list[str]) -> None:
    with pytest.raises(InvalidRequestError):
        isolate_translation(["fine", "unreadable"], translate_word, InvalidEventError)
    assert bug_names == []


def test_drafts_of_a_partly_invalid_delivery_are_kept(
    monkeypatch: pytest.MonkeyPatch, bug_names: list[str]
) -> None:
    def translate(_: Request) -> list[Draft]:
        raise PartlyInvalidError(InvalidEventError("Unknown.", "unknown_topic"), [DRAFT])

    channel = type("FakeChannel", (), {"translate": staticmethod(translate)})
    monkeypatch.setattr(translation, "load_channel", lambda _name: channel)
    request = Request("main", b"{}", NOW)
    drafts, failures = translate_deliveries("mailjet", [request], InvalidEventError)
    assert (drafts, [failure.error.code for failure in failures]) == ([DRAFT], ["unknown_topic"])
    assert bug_names == []
