"""Reads from a stack how often each marker is in the ledger, and which markers are in the rejects."""

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3

from infra.local.emulator import REGION
from tests.conformance.load.clients import ResponseLog

MARKER_PATTERN = re.compile(rb"load[0-9a-f]{20}")
ENDPOINT_FUNCTIONS = ("ReceiveWebhook", "TrackEvents")
MAX_EXAMPLES = 3


@dataclass(frozen=True)
class StoredMarkers:
    """The number of ledger rows by marker, the markers of the rejects, and the number of rows with a marker."""

    ledger: Counter[str]
    rejects: frozenset[str]
    rows: int

    def list_failures(self, log: ResponseLog) -> list[str]:
        """Return each difference between the responses and what is stored."""
        markers = {
            "acknowledged and not in the ledger": log.acknowledged_markers - self.ledger.keys(),
            "in the ledger twice": {marker for marker, rows in self.ledger.items() if rows > 1},
            "refused and not in the rejects": log.refused_markers - self.rejects,
            "refused and in the ledger": log.refused_markers & self.ledger.keys(),
        }
        examples = {failure: sorted(affected) for failure, affected in markers.items()}
        examples["unexpected responses"] = log.unexpected
        return [
            f"{len(affected)} {failure}: {affected[:MAX_EXAMPLES]}"
            for failure, affected in examples.items()
            if affected
        ]


@dataclass(frozen=True)
class LoadedStack:
    """A stack that runs on this machine, by the URL of its emulator."""

    emulator_url: str

    def limit_concurrency(self, environments: int) -> None:
        """Limit the concurrent environments of each endpoint function. Further callers get 429 and retry.

        Without a limit the emulator starts one environment for each sender, and two cores unpack layers for minutes.
        """
        for function in self._list_functions():
            self._create_client("lambda").put_function_concurrency(
                FunctionName=function["FunctionName"], ReservedConcurrentExecutions=environments
            )

    def remove_limit(self) -> None:
        """Restore the concurrency of the template."""
        for function in self._list_functions():
            self._create_client("lambda").delete_function_concurrency(
                FunctionName=function["FunctionName"]
            )

    def read_markers(self) -> StoredMarkers:
        """Read the markers that the tables hold now."""
        tables = self._list_functions()[0]["Environment"]["Variables"]
        events = [item["event"]["S"].encode() for item in self._scan(tables["EVENTS_TABLE"])]
        rejects = [
            gzip.decompress(item["raw"]["B"]) for item in self._scan(tables["REJECTS_TABLE"])
        ]
        rows = [markers for event in events if (markers := _find_markers(event))]
        return StoredMarkers(
            ledger=Counter(marker for markers in rows for marker in markers),
            rejects=frozenset(marker for raw in rejects for marker in _find_markers(raw)),
            rows=len(rows),
        )

    def _list_functions(self) -> list[Any]:
        functions = self._create_client("lambda").list_functions()["Functions"]
        return [
            function
            for function in functions
            if any(name in function["FunctionName"] for name in ENDPOINT_FUNCTIONS)
        ]

    def _scan(self, table: str) -> Iterator[dict[str, Any]]:
        paginator = self._create_client("dynamodb").get_paginator("scan")
        for page in paginator.paginate(TableName=table):
            yield from page["Items"]

    def _create_client(self, service: Any) -> Any:
        session = boto3.Session("test", "test", region_name=REGION)
        return session.client(service, endpoint_url=self.emulator_url)


def _find_markers(text: bytes) -> set[str]:
    return {marker.decode() for marker in MARKER_PATTERN.findall(text)}
