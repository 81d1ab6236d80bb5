"""Create, list and revoke API keys.

browser: send events from a public page. server: send events from a back end; keep it secret. read: read recommendations,
may be public. admin: read everything and act for the owner; keep it secret.
"""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_result
from regulars.admin.api_keys import KeyRequest, create_key, open_keys, parse_scope, revoke_key
from regulars.store.api_keys import FORMER_BROWSER_SCOPE, ORDER_POLICIES, SCOPES, ApiKey, ApiKeys

SHOWN_ID_DIGITS = 12  # enough to name a key

SCOPE_HELP = f"{', '.join(SCOPES)}; {FORMER_BROWSER_SCOPE} is the former name of browser"
ORDERS_HELP = (
    "of a browser key: count its orders, take them as claims until another source reports them,"
    " or (auto) as claims when another source sends orders"
)
FORMER_SCOPE_NOTE = (
    f"{FORMER_BROWSER_SCOPE} is the former name of browser: this key is public."
    " Create a server key for your back end."
)

type CommandOutput = tuple[Any, list[str]]  # the result and its lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions new, list and revoke."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="create a key and show it once")
    new.add_argument(
        "scope", choices=(*SCOPES, FORMER_BROWSER_SCOPE), metavar="SCOPE", help=SCOPE_HELP
    )
    new.add_argument("--label", default="", help="what the key is for, e.g. storefront")
    new.add_argument("--source", default="", help="the id under which its events are stored")
    new.add_argument("--orders", choices=ORDER_POLICIES, default="auto", help=ORDERS_HELP)
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
    request = KeyRequest(
        scope=parse_scope(arguments.scope),
        label=arguments.label,
        source=arguments.source,
        orders=arguments.orders,
    )
    created = create_key(keys, request, datetime.now(UTC))
    result = msgspec.to_builtins(created.key) | {"key": created.text}
    lines = [
        created.text,
        "The key is shown once: only its hash is stored.",
        f"Revoke it with: regulars keys revoke {created.key.id[:SHOWN_ID_DIGITS]}",
    ]
    if arguments.scope == FORMER_BROWSER_SCOPE:
        return result | {"note": FORMER_SCOPE_NOTE}, [*lines, FORMER_SCOPE_NOTE]
    return result, lines


def _list(keys: ApiKeys, _arguments: argparse.Namespace) -> CommandOutput:
    stored = keys.list_keys()
    heading = ("id", "scope", "label", "source", "orders", "created", "revoked")
    lines = format_table([heading, *map(_to_row, stored)]) if stored else ["There are no keys."]
    return msgspec.to_builtins(stored), lines


def _to_row(key: ApiKey) -> tuple[str, ...]:
    identity = (key.id[:SHOWN_ID_DIGITS], key.scope, key.label, key.source)
    policy = key.orders if key.scope == "browser" else ""
    return (*identity, policy, key.created_at[:10], key.revoked_at[:10])


def _revoke(keys: ApiKeys, arguments: argparse.Namespace) -> CommandOutput:
    revoked = revoke_key(keys, arguments.id, datetime.now(UTC))
    return {"revoked": revoked.id}, ["The key is refused everywhere within a minute."]


ACTIONS: dict[str, Callable[[ApiKeys, argparse.Namespace], CommandOutput]] = {
    "new": _create,
    "list": _list,
    "revoke": _revoke,
}
