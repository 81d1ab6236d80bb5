"""Provides what the tests of the functions read: the ledger, the contact data and the rejects of the test stack."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from infra.cli import main, stack
from regulars.domain.events import Event, decode_event
from regulars.settings import Settings
from tests.support.aws import MotoStack


@dataclass(frozen=True)
class Kept:
    """The tables of the test stack, as the functions have written them."""

    aws: MotoStack

    def events(self) -> list[Event]:
        """Return the events of the ledger, oldest first."""
        items = self.aws.dynamodb.scan(TableName="test-events")["Items"]
        return sorted(
            (decode_event(item["event"]["S"]) for item in items),
            key=lambda event: event.occurred_at,
        )

    def rejects(self) -> list[dict[str, Any]]:
        """Return the rejects of today."""
        return self.aws.list_rejects()

    def codes(self) -> list[str]:
        """Return the codes of all rejects, sorted."""
        return sorted(str(reject["code"]) for reject in self.rejects())

    def contacts(self) -> list[dict[str, str]]:
        """Return the contact data of each person."""
        items = self.aws.dynamodb.scan(TableName="test-people")["Items"]
        contacts = [
            msgspec.json.decode(item["contact"]["S"]) for item in items if "contact" in item
        ]
        return [{field: value for field, (value, _) in contact.items()} for contact in contacts]

    def ledger_text(self) -> str:
        """Return the whole ledger as text, to search for what it must not contain."""
        return str(self.aws.dynamodb.scan(TableName="test-events")["Items"])


@dataclass(frozen=True)
class OnMoto:
    """A deployment on moto, as the owner's commands see it."""

    aws: MotoStack
    api_url: str = "https://api.example.com"
    functions: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)

    def settings[T: Settings](self, cls: type[T]) -> T:
        """The settings of the test stack."""
        return self.aws.build_settings(cls)

    def function(self, name: str) -> str:
        """Functions are called by their folder's name."""
        return name


@pytest.fixture
def deployed(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> OnMoto:
    """The deployment that commands work on."""
    found = OnMoto(aws)
    monkeypatch.setattr(stack, "chosen", lambda _arguments: found)
    return found


@pytest.fixture
def owner(deployed: OnMoto, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Runs a command line and gives its facts."""

    def run(*words: str) -> Any:
        arguments = main.parser().parse_args([*words, "--json"])
        assert arguments.run(arguments) == 0
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def kept(aws: MotoStack) -> Kept:
    return Kept(aws)
