"""Provides what the tests of the functions read: the ledger, the contact data and the rejects of the test stack."""

from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from botocore.client import BaseClient

from regulars.channels.contract import Request
from regulars.domain.contacts import ContactFact, choose_contacts
from regulars.domain.events import Event, decode_event
from regulars.settings import ReceiveWebhookSettings, TrackEventsSettings
from regulars.store.api_keys import SENDER_SCOPES, ApiKeys, Scope
from regulars.store.contacts import statement_from_item
from regulars.store.rejects import Rejects
from tests.support.aws import MotoStack
from tests.support.gateway import deliver_request, http_event, load_handler

type Deliver = Callable[[Request], Any]
type Track = Callable[[Scope, str, dict[str, Any]], list[Event]]

KEY_CREATED_AT = "2026-11-01T10:00:00.000Z"


@pytest.fixture
def reject_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the table of rejects refuse whole rejects, as it does at its limit of write units."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def refuse_rejects(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if operation == "PutItem" and arguments["TableName"] == "test-rejects":
            error = {"Error": {"Code": "ThrottlingException", "Message": "Table is at its limit."}}
            raise client.exceptions.from_code("ThrottlingException")(error, operation)
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse_rejects)


@dataclass(frozen=True)
class StackTables:
    """The tables of the test stack, as the functions have written them."""

    aws: MotoStack

    def list_events(self) -> list[Event]:
        """Return the events of the ledger, oldest first."""
        items = self.aws.dynamodb.scan(TableName="test-events")["Items"]
        return sorted(
            (decode_event(item["event"]["S"]) for item in items),
            key=lambda event: event.occurred_at,
        )

    def list_rejects(self) -> list[dict[str, Any]]:
        """Return the rejects of today."""
        return self.aws.list_rejects()

    def list_reject_codes(self) -> list[str]:
        """Return the codes of all rejects, sorted."""
        return sorted(str(reject["code"]) for reject in self.list_rejects())

    def count_calls(self) -> dict[str, int]:
        """Return the number of calls of strangers by kind."""
        rejects, days = Rejects("test-rejects", self.aws.dynamodb), self.aws.list_reject_days()
        counts = Counter[str]()
        for count in (count for day in days for count in rejects.list_call_counts(day)):
            counts[count.kind] += count.calls
        return dict(counts)

    def list_contacts(self) -> list[dict[str, str]]:
        """Return the contact data of each subject."""
        items = self.aws.dynamodb.scan(TableName="test-contacts")["Items"]
        facts_by_id: dict[str, list[ContactFact]] = defaultdict(list)
        for item in items:
            facts_by_id[item["profile_id"]["S"]] += statement_from_item("", item).list_facts()
        return [choose_contacts(facts).values for facts in facts_by_id.values()]

    def read_ledger_text(self) -> str:
        """Return the whole ledger as text, to search for what it must not contain."""
        return str(self.aws.dynamodb.scan(TableName="test-events")["Items"])


@pytest.fixture
def tables(aws: MotoStack) -> StackTables:
    return StackTables(aws)


@pytest.fixture
def track(aws: MotoStack, tables: StackTables, monkeypatch: pytest.MonkeyPatch) -> Track:
    """Sends a call to a path with a key of a scope, and returns the events of the ledger."""
    keys = ApiKeys("test-control", aws.dynamodb)
    for scope in SENDER_SCOPES:
        keys.register_key(f"wk_{scope}", scope, "", "web", KEY_CREATED_AT)
    module = load_handler("track_events", aws.build_settings(TrackEventsSettings), monkeypatch)

    def send_call(scope: Scope, path: str, body: dict[str, Any]) -> list[Event]:
        basic = {"Authorization": "Basic " + b64encode(f"wk_{scope}:".encode()).decode()}
        assert module.handler(http_event(path, body, basic), None)["statusCode"] == 200
        return tables.list_events()

    return send_call


@pytest.fixture
def deliver(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Deliver:
    """Gives a delivery to the receiving function, and returns the response."""
    settings = aws.build_settings(ReceiveWebhookSettings)
    return partial(deliver_request, load_handler("receive_webhook", settings, monkeypatch))
