"""Make, list and revoke API keys: write (ingest only), read (recommendations, may be public), admin (everything)."""

import argparse
from datetime import UTC, datetime
from typing import Any

import msgspec

from infra.cli import options, stack
from infra.cli.console import show, table
from infra.local.faults import FaultError
from regulars.domain.times import to_text
from regulars.settings import ServeProfilesSettings
from regulars.store.api_keys import SCOPES, ApiKey, ApiKeys

SHOWN_DIGITS = 12  # of a key's id: enough to name it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions new, list and revoke."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a key and show it this once")
    new.add_argument("scope", choices=SCOPES)
    new.add_argument("--label", default="", help="what it is for, e.g. storefront")
    new.add_argument("--source", default="", help="the id under which its events are kept")
    listed = actions.add_parser("list", help="all keys, revoked ones too, never their text")
    revoke = actions.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("id", metavar="ID", help="the beginning of its id, as listed")
    for action in (new, listed, revoke):
        options.add_stack(action)
        options.add_json(action)


def run(arguments: argparse.Namespace) -> int:
    """Do one action and show its facts."""
    keys = opened(stack.chosen(arguments))
    actions = {"new": _new, "list": _list, "revoke": _revoke}
    facts, lines = actions[arguments.action](keys, arguments)
    show(facts, lines, as_json=arguments.json)
    return 0


def opened(deployed: stack.Stack) -> ApiKeys:
    """The keys of a deployment."""
    return ApiKeys(deployed.settings(ServeProfilesSettings).control_table)


def now() -> str:
    """The present moment as the stores keep it."""
    return to_text(datetime.now(UTC))


def _new(keys: ApiKeys, arguments: argparse.Namespace) -> tuple[Any, list[str]]:
    source = arguments.source or arguments.label or "web"
    text, key = keys.create_key(arguments.scope, arguments.label, source, now())
    facts = msgspec.to_builtins(key) | {"key": text}
    return facts, [text, "This is shown once; only its hash is kept."]


def _list(keys: ApiKeys, _arguments: argparse.Namespace) -> tuple[Any, list[str]]:
    kept = keys.list_keys()
    heading = ("id", "scope", "label", "source", "created", "revoked")
    lines = table([heading, *map(_row, kept)]) if kept else ["There are no keys."]
    return msgspec.to_builtins(kept), lines


def _row(key: ApiKey) -> tuple[str, ...]:
    identity = (key.id[:SHOWN_DIGITS], key.scope, key.label, key.source)
    return (*identity, key.created_at[:10], key.revoked_at[:10])


def _revoke(keys: ApiKeys, arguments: argparse.Namespace) -> tuple[Any, list[str]]:
    found = [key for key in keys.list_keys() if key.id.startswith(arguments.id)]
    if len(found) != 1:
        message = f"{len(found)} keys have an id that begins with {arguments.id}."
        raise FaultError(message, "Look it up with `regulars keys list`.")
    keys.revoke_key(found[0].id, now())
    return {"revoked": found[0].id}, ["Revoked; refused everywhere within a minute."]
