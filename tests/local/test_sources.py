"""Every channel through the public door of the local stack: connected, tried, rotated, disabled and enabled again."""

import io
import json
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache
from typing import Any

import pytest

from infra.cli import main, stack
from infra.local import access, emulator
from regulars.channels.registry import CHANNELS
from regulars.store import clients
from regulars.store.sources import CACHE_SECONDS
from tests.support.channel_answers import ONLY_THEY_SIGN, connect_options, find_required_secret
from tests.support.owner import Owner

pytestmark = pytest.mark.local

NAME = "tried"
OTHER_SECRET = "whsec_YW5vdGhlci1zZWNyZXQ="

type Command = Callable[..., Any]


@pytest.fixture
def command(owner: Owner, stack_facts: Any, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `regulars` in this process: a new one for each of the hundreds of commands takes minutes."""
    for name, value in access.build_access_variables(stack_facts["aws_endpoint"]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(emulator, "PROCESS_FILE", owner.folder / "process.json")
    monkeypatch.setattr(stack, "DEPLOYED_STACK_FILE", owner.folder / "stack.json")
    found = stack.find_local_stack()
    monkeypatch.setattr(stack, "find_local_stack", lambda: found)
    monkeypatch.setattr(clients, "_create_client", cache(clients._create_client))
    return run


def run(*words: str) -> Any:
    arguments = main.build_parser().parse_args([*words, "--json"])
    with redirect_stdout(io.StringIO()) as said:
        arguments.run(arguments)
    return json.loads(said.getvalue())


def try_source(command: Command) -> dict[str, str]:
    """What became of each channel's sample that is not as it must be when it is taken in."""
    outcomes = {name: command("sources", "test", name, NAME) for name in sorted(CHANNELS)}
    return {
        name: told["words"]
        for name, told in outcomes.items()
        if told["outcome"]
        not in ({"reached"} if name in ONLY_THEY_SIGN else {"stored", "set_aside"})
    }


def rotate_secret(command: Command, channel: str) -> None:
    secret = find_required_secret(channel, OTHER_SECRET)
    command("sources", "rotate", channel, NAME, *(["--secret", secret] if secret else []))


def test_every_channel_is_taken_in_rotated_disabled_and_enabled(command: Command) -> None:
    for name in CHANNELS:
        command("connect", name, "--name", NAME, *connect_options(name))
    assert try_source(command) == {}
    for name in CHANNELS.keys() - {"ses-sns"}:
        rotate_secret(command, name)
    assert try_source(command) == {}
    for name in CHANNELS:
        command("sources", "disable", name, NAME)
    time.sleep(CACHE_SECONDS)
    assert try_source(command).keys() == CHANNELS.keys()
    for name in CHANNELS:
        command("sources", "enable", name, NAME)
    assert try_source(command) == {}
