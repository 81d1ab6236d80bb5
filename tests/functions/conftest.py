"""What the doors' tests look at: the ledger, the people and the rejects of the test stack."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from regulars.domain.events import Event, decode
from regulars.store.rejects import Rejects
from tests.support.aws import Deployed


@dataclass(frozen=True)
class Kept:
    """Everything the doors have stored."""

    aws: Deployed

    def events(self) -> list[Event]:
        """The ledger's events, oldest first."""
        items = self.aws.dynamodb.scan(TableName="test-events")["Items"]
        return sorted((decode(item["event"]["S"]) for item in items), key=lambda e: e.occurred_at)

    def rejects(self) -> list[dict[str, Any]]:
        """Today's rejects."""
        store = Rejects("test-rejects", self.aws.dynamodb)
        return store.of_day(datetime.now(UTC).date().isoformat())

    def codes(self) -> list[str]:
        """The codes of today's rejects, sorted."""
        return sorted(str(reject["code"]) for reject in self.rejects())

    def contacts(self) -> list[dict[str, str]]:
        """The contact data of everybody."""
        items = self.aws.dynamodb.scan(TableName="test-people")["Items"]
        said = [msgspec.json.decode(item["contact"]["S"]) for item in items if "contact" in item]
        return [{field: value for field, (value, _) in contact.items()} for contact in said]

    def ledger_text(self) -> str:
        """All bytes of the ledger, to look for what must not be there."""
        return str(self.aws.dynamodb.scan(TableName="test-events")["Items"])


@pytest.fixture
def kept(aws: Deployed) -> Kept:
    return Kept(aws)
