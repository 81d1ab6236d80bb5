"""A delivery of many items: the good ones are recorded, and the whole is kept for the sake of the bad one."""

import json
from collections.abc import Iterator

import pytest

from regulars.channels.mail import mailjet
from tests.conformance.endpoints import Doors, Sent, doors
from tests.support.deliveries import ADDRESS, AT, NOW

GOOD = {"event": "open", "time": AT, "email": ADDRESS, "MessageID": 1}
BAD = {"event": "surprise", "time": AT, "email": ADDRESS, "MessageID": 2}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def opened() -> Iterator[Doors]:
    with doors() as both:
        yield both


def sent(items: list[dict[str, object]]) -> Sent:
    url = "https://hooks.example.com/hooks/mailjet/main?token=made-up"
    return Sent("mailjet", "POST", url, JSON, json.dumps(items).encode(), NOW, ("made-up",))


def test_good_items_are_recorded_and_the_delivery_is_kept_for_the_bad_one(opened: Doors) -> None:
    opened.clear()
    became = opened.send(sent([BAD, GOOD]))
    assert (became.status, json.loads(became.body)["new"]) == (200, 1)
    assert [event.type for event in became.events] == ["Email Opened"]
    assert [reject["code"] for reject in became.rejects] == ["unknown_topic"]


def test_bad_item_alone_is_only_kept(opened: Doors) -> None:
    opened.clear()
    became = opened.send(sent([BAD]))
    assert (became.status, became.events, len(became.rejects)) == (200, [], 1)


def test_fault_of_ours_in_one_item_keeps_no_other_back(
    opened: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.clear()
    letter = mailjet._letter
    letters = {1: lambda _: 1 / 0, 2: letter, 3: letter}
    monkeypatch.setattr(mailjet, "_letter", lambda item: letters[item["MessageID"]](item))
    became = opened.send(sent([BAD, GOOD, GOOD | {"MessageID": 3}]))
    assert (became.status, len(became.events)) == (200, 1)
    assert [reject["code"] for reject in became.rejects] == ["untranslatable"]
