"""Starts the stack under test for one run, creates its write keys, and reads its ledger and its rejects."""

import json
import os
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import urllib3

from infra.local.places import ROOT_FOLDER
from regulars.domain.events import Event, decode_event
from regulars.store.api_keys import ApiKeys, hash_key_text
from regulars.store.parameters import Parameters
from regulars.store.rejects import Rejects

KEY_CREATION_TIME = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class LocalStack:
    """A running stack: the URL of its API, the arguments of its AWS clients, and its outputs."""

    api: str
    client_arguments: dict[str, Any]
    outputs: dict[str, str]

    def create_write_key(self, source: str) -> str:
        """Create a write key whose events are recorded under this source, and return it."""
        keys = ApiKeys(self.outputs["ControlTable"], self._create_client("dynamodb"))
        return keys.create_key("browser", source, source, KEY_CREATION_TIME)[0]

    def start_functions(self) -> None:
        """Call the functions that SDKs call, and wait: a cold start takes longer than the timeout of the SDKs."""
        addresses = [f"{self.api}/v1/projects/none/settings", f"{self.api}/sourceConfig/"]
        with ThreadPoolExecutor() as pool:
            list(pool.map(_fetch_status, addresses * 2))

    def read_pepper(self) -> bytes:
        """Return the key of the subject hashes."""
        return Parameters(
            self.outputs["ParametersPrefix"], self._create_client("ssm")
        ).read_pepper()

    def read_events(self) -> dict[str, list[Event]]:
        """Return all events of the ledger by source."""
        events: dict[str, list[Event]] = defaultdict(list)
        paginator = self._create_client("dynamodb").get_paginator("scan")
        for page in paginator.paginate(TableName=self.outputs["EventsTable"], ConsistentRead=True):
            for item in page["Items"]:
                event = decode_event(item["event"]["S"])
                events[event.source.partition("/")[2]].append(event)
        return events

    def list_reject_codes(self, key: str) -> list[str]:
        """Return the codes of today's rejects that arrived with this key."""
        store = Rejects(self.outputs["RejectsTable"], self._create_client("dynamodb"))
        rejects = store.list_rejects(datetime.now(UTC).date().isoformat())
        key_digest = hash_key_text(key)
        return [
            str(reject["code"])
            for reject in rejects
            if reject["delivery"] and reject["delivery"].key == key_digest
        ]

    def _create_client(self, service: str) -> Any:
        return boto3.client(service, **self.client_arguments)  # type: ignore[call-overload]


@contextmanager
def run_local_stack(folder: Path) -> Iterator[LocalStack]:
    """Start a stack with its own folder. Stop it and delete its data at the end."""
    try:
        up = json.loads(_run_command(folder, "up", "--json", "--port", str(_find_free_port())))
        description = json.loads((folder / "stack.json").read_text())
        client_arguments = {
            "endpoint_url": description["endpoint"],
            "region_name": description["region"],
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        stack = LocalStack(up["api"], client_arguments, description["outputs"])
        stack.start_functions()
        yield stack
    finally:
        _run_command(folder, "down", "--forget")


def _find_free_port() -> int:
    """Return a port that differs from the default one, which another stack may be about to use."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fetch_status(address: str) -> int:
    return urllib3.request("GET", address, timeout=60).status


def _run_command(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "infra.cli.main", *arguments]
    environment = os.environ | {"REGULARS_LOCAL": str(folder)}
    finished = subprocess.run(  # noqa: S603  our own command line
        command, cwd=ROOT_FOLDER, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return finished.stdout
