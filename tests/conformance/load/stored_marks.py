"""What a stack holds of a run: how often each mark is in the ledger, and which are in the rejects."""

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3

from infra.local.emulator import REGION
from tests.conformance.load.clients import Answers

MARK = re.compile(rb"load[0-9a-f]{20}")
DOORS = ("ReceiveWebhook", "TrackEvents")


@dataclass(frozen=True)
class Books:
    """Marks by the number of rows of the ledger that hold them, and those of the rejects."""

    ledger: Counter[str]
    rejects: frozenset[str]
    rows: int

    def faults(self, answers: Answers) -> list[str]:
        """What is not as it must be."""
        lost = sorted(answers.acknowledged - self.ledger.keys())
        twice = sorted(mark for mark, rows in self.ledger.items() if rows > 1)
        unaccounted = sorted(answers.refused - self.rejects)
        invented = sorted(answers.refused & self.ledger.keys())
        found = {
            "acknowledged and not in the ledger": lost,
            "in the ledger twice": twice,
            "refused and not in the rejects": unaccounted,
            "refused and in the ledger": invented,
            "answered as it must not be": answers.unlike,
        }
        return [f"{len(each)} {what}: {each[:3]}" for what, each in found.items() if each]


@dataclass(frozen=True)
class Running:
    """A stack that runs on this machine, by its endpoint."""

    endpoint: str

    def bound(self, environments: int) -> None:
        """Let each door run in so many at once; beyond, a caller is told to come again.

        Without a bound the local AWS starts one for every sender, and two cores unpack layers for minutes.
        """
        for door in self._doors():
            self._client("lambda").put_function_concurrency(
                FunctionName=door["FunctionName"], ReservedConcurrentExecutions=environments
            )

    def unbound(self) -> None:
        """As the template has it."""
        for door in self._doors():
            self._client("lambda").delete_function_concurrency(FunctionName=door["FunctionName"])

    def books(self) -> Books:
        """What it holds by now."""
        tables = self._doors()[0]["Environment"]["Variables"]
        events = (item["event"]["S"].encode() for item in self._items(tables["EVENTS_TABLE"]))
        marks = [found for event in events if (found := _marks(event))]
        raws = (gzip.decompress(item["raw"]["B"]) for item in self._items(tables["REJECTS_TABLE"]))
        rejects = frozenset(mark for raw in raws for mark in _marks(raw))
        return Books(Counter(mark for each in marks for mark in each), rejects, len(marks))

    def _doors(self) -> list[Any]:
        functions = self._client("lambda").list_functions()["Functions"]
        return [each for each in functions if any(name in each["FunctionName"] for name in DOORS)]

    def _items(self, table: str) -> Iterator[dict[str, Any]]:
        for page in self._client("dynamodb").get_paginator("scan").paginate(TableName=table):
            yield from page["Items"]

    def _client(self, service: Any) -> Any:
        session = boto3.Session("test", "test", region_name=REGION)
        return session.client(service, endpoint_url=self.endpoint)


def _marks(text: bytes) -> set[str]:
    return {found.decode() for found in MARK.findall(text)}
