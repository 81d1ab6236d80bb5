"""Loads the local endpoints with many senders: each event with a 200 response must be in the ledger exactly once."""

from typing import Any

import pytest

from tests.conformance.load.__main__ import run_load
from tests.support.owner import Owner

pytestmark = pytest.mark.local


def test_concurrent_senders_lose_and_duplicate_no_event(owner: Owner, stack_facts: Any) -> None:
    log, markers = run_load(owner, stack_facts, seconds=10, senders=50, seed="suite")
    assert markers.list_failures(log) == []
    assert len(log.acknowledged_markers) > 0
    assert log.abandoned_count == 0
