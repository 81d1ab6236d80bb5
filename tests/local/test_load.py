"""Many senders at once at the local door: what was answered with a 200 is in the ledger, once."""

from typing import Any

import pytest

from tests.conformance.load.__main__ import run
from tests.support.owner import Owner

pytestmark = pytest.mark.local


def test_fifty_senders_lose_nothing_and_tell_nothing_twice(owner: Owner, up: Any) -> None:
    answers, books = run(owner, up, seconds=10, senders=50, seed="suite")
    assert books.faults(answers) == []
    assert len(answers.acknowledged) > 0
    assert answers.given_up == 0
