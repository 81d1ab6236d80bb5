"""The stack under test: started for this alone, told the keys, asked what its ledger holds."""

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

from infra.local.places import ROOT
from regulars.domain.events import Event, decode_event
from regulars.store.api_keys import ApiKeys, hash_key_text
from regulars.store.parameters import Parameters
from regulars.store.rejects import Rejects

AT = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Stand:
    """A running stack."""

    api: str
    session: dict[str, Any]
    outputs: dict[str, str]

    def admit(self, source: str) -> str:
        """A write key whose events are kept under this source."""
        keys = ApiKeys(self.outputs["ControlTable"], self._client("dynamodb"))
        return keys.create_key("write", source, source, AT)[0]

    def warm(self) -> None:
        """Wait for the first start of what SDKs call, for which none of them has the patience."""
        addresses = [f"{self.api}/v1/projects/none/settings", f"{self.api}/sourceConfig/"]
        with ThreadPoolExecutor() as pool:
            list(pool.map(_asked, addresses * 2))

    def pepper(self) -> bytes:
        """What its subject keys are made with."""
        return Parameters(self.outputs["ParametersPrefix"], self._client("ssm")).read_pepper()

    def events(self) -> dict[str, list[Event]]:
        """All of its ledger, by source."""
        found: dict[str, list[Event]] = defaultdict(list)
        pages = self._client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self.outputs["EventsTable"], ConsistentRead=True):
            for item in page["Items"]:
                event = decode_event(item["event"]["S"])
                found[event.source.partition("/")[2]].append(event)
        return found

    def refused(self, key: str) -> list[str]:
        """The codes of what came with this key and was refused today."""
        rejects = Rejects(self.outputs["RejectsTable"], self._client("dynamodb"))
        kept = rejects.list_rejects(datetime.now(UTC).date().isoformat())
        mine = (
            one for one in kept if one["delivery"] and one["delivery"].key == hash_key_text(key)
        )
        return [str(one["code"]) for one in mine]

    def _client(self, service: str) -> Any:
        return boto3.client(service, **self.session)  # type: ignore[call-overload]


@contextmanager
def standing(folder: Path) -> Iterator[Stand]:
    """A stack of its own in this folder, stopped and forgotten at the end."""
    try:
        up = json.loads(_regulars(folder, "up", "--json", "--port", str(_free_port())))
        deployed = json.loads((folder / "stack.json").read_text())
        session = {
            "endpoint_url": deployed["endpoint"],
            "region_name": deployed["region"],
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        stand = Stand(up["api"], session, deployed["outputs"])
        stand.warm()
        yield stand
    finally:
        _regulars(folder, "down", "--forget")


def _free_port() -> int:
    """Not the usual one, which another stack may be about to take."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _asked(address: str) -> int:
    return urllib3.request("GET", address, timeout=60).status


def _regulars(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "infra.cli.main", *arguments]
    environment = os.environ | {"REGULARS_LOCAL": str(folder)}
    finished = subprocess.run(  # noqa: S603  our own command line
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return finished.stdout
