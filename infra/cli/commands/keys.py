"""Create, list and revoke API keys: write (ingestion only), read (recommendations, may be public), admin (everything)."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_result
from regulars.admin.api_keys import create_key, open_keys, revoke_key
from regulars.store.api_keys import SCOPES, ApiKey, ApiKeys

SHOWN_ID_DIGITS = 12  # enough to name a key

type CommandOutput = tuple[Any, list[str]]  # the result and its lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions new, list and revoke."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="create a key and show it once")
    new.add_argument("scope", choices=SCOPES)
    new.add_argument("--label", default="", help="what the key is for, e.g. storefront")
    new.add_argument("--source", default="", help="the id under which its events are stored")
    listing = actions.add_parser("list", help="list all keys, revoked ones too, without their text")
    revoke = actions.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("id", metavar="ID", help="the beginning of its id, as listed")
    for action in (new, listing, revoke):
        options.add_stack(action)
        options.add_json(action)


def run(arguments: argparse.Namespace) -> int:
    """Do one action and print its result."""
    keys = open_keys(select_stack(arguments).deployment)
    result, lines = ACTIONS[arguments.action](keys, arguments)
    print_result(result, lines, as_json=arguments.json)
    return 0


def _create(keys: ApiKeys, arguments: argparse.Namespace) -> CommandOutput:
    now = datetime.now(UTC)
    created = create_key(keys, arguments.scope, now, arguments.label, arguments.source)
    result = msgspec.to_builtins(created.key) | {"key": created.text}
    return result, [created.text, "The key is shown once: only its hash is stored."]


def _list(keys: ApiKeys, _arguments: argparse.Namespace) -> CommandOutput:
    stored = keys.list_keys()
    heading = ("id", "scope", "label", "source", "created", "revoked")
    lines = format_table([heading, *map(_to_row, stored)]) if stored else ["There are no keys."]
    return msgspec.to_builtins(stored), lines


def _to_row(key: ApiKey) -> tuple[str, ...]:
    identity = (key.id[:SHOWN_ID_DIGITS], key.scope, key.label, key.source)
    return (*identity, key.created_at[:10], key.revoked_at[:10])


def _revoke(keys: ApiKeys, arguments: argparse.Namespace) -> CommandOutput:
    revoked = revoke_key(keys, arguments.id, datetime.now(UTC))
    return {"revoked": revoked.id}, ["The key is refused everywhere within a minute."]


ACTIONS: dict[str, Callable[[ApiKeys, argparse.Namespace], CommandOutput]] = {
    "new": _create,
    "list": _list,
    "revoke": _revoke,
}
