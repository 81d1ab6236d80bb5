"""The sources whose webhooks are taken in: list, rotate a secret, disable, enable, and test them."""

import argparse
from collections.abc import Callable
from typing import Any

import msgspec

from infra.cli import connections, options, stack, trial
from infra.cli.console import show, table
from regulars.store.sources import Source

type Told = tuple[Any, list[str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="all sources, with how many secrets are good")
    _shared(listed)
    for name, purpose in {
        "new": "make a source, without being asked for anything; see also `regulars connect`",
        "rotate": "give a new secret; the one before stays good beside it",
        "disable": "take nothing in any more",
        "enable": "take it in again",
        "test": "send a signed sample through the public door, and see what becomes of it",
    }.items():
        action = actions.add_parser(name, help=purpose)
        action.add_argument("channel", choices=connections.channel_names())
        action.add_argument("name", help="of your choice, e.g. main; it is part of the URL")
        if name in {"new", "rotate"}:
            action.add_argument(
                "--secret", help="the provider's own; one is made up when it is left out"
            )
        _shared(action)


def run(arguments: argparse.Namespace) -> int:
    """Do one action and show its facts."""
    facts, lines = ACTIONS[arguments.action](stack.chosen(arguments), arguments)
    show(facts, lines, as_json=arguments.json)
    return 0


def created(deployed: stack.Stack, channel: str, name: str, secret: str | None = None) -> str:
    """Register the source and put its newest secret first."""
    connections.sources_of(deployed).save(Source(channel, name))
    return connections.add_secret(deployed, channel, name, secret)


def _shared(parser: argparse.ArgumentParser) -> None:
    options.add_stack(parser)
    options.add_json(parser)


def _list(deployed: stack.Stack, _arguments: argparse.Namespace) -> Told:
    facts = [
        {
            **msgspec.to_builtins(source),
            "url": connections.public_url(deployed, source),
            "secrets": len(connections.secrets_of(deployed, source.channel, source.source).signing),
        }
        for source in connections.sources_of(deployed).list()
    ]
    heading = ("channel", "name", "state", "secrets", "url")
    rows = [_row(one) for one in facts]
    return facts, table([heading, *rows]) if rows else ["There are no sources."]


def _row(source: dict[str, Any]) -> tuple[Any, ...]:
    state = "disabled" if source["disabled"] else "on"
    return source["channel"], source["source"], state, source["secrets"], source["url"]


def _new(deployed: stack.Stack, arguments: argparse.Namespace) -> Told:
    secret = created(deployed, arguments.channel, arguments.name, arguments.secret)
    return _with_secret(deployed, Source(arguments.channel, arguments.name), secret)


def _rotate(deployed: stack.Stack, arguments: argparse.Namespace) -> Told:
    source = connections.found(deployed, arguments.channel, arguments.name)
    secret = connections.add_secret(deployed, source.channel, source.source, arguments.secret)
    facts, lines = _with_secret(deployed, source, secret)
    return facts, [*lines, "The secret before it stays good; everywhere within five minutes."]


def _with_secret(deployed: stack.Stack, source: Source, secret: str) -> Told:
    url = connections.public_url(deployed, source, secret)
    return {"url": url, "secret": secret}, [url, f"secret {secret}"]


def _switch(deployed: stack.Stack, arguments: argparse.Namespace) -> Told:
    source = connections.found(deployed, arguments.channel, arguments.name)
    disabled = arguments.action == "disable"
    connections.sources_of(deployed).save(msgspec.structs.replace(source, disabled=disabled))
    state = "Taken in again" if not disabled else "Refused, and kept with the rejects,"
    return {"disabled": disabled}, [f"{state} everywhere within a minute."]


def _test(deployed: stack.Stack, arguments: argparse.Namespace) -> Told:
    source = connections.found(deployed, arguments.channel, arguments.name)
    facts = trial.sent(deployed, source)
    return facts, table(list(facts.items()))


ACTIONS: dict[str, Callable[[stack.Stack, argparse.Namespace], Told]] = {
    "list": _list,
    "new": _new,
    "rotate": _rotate,
    "disable": _switch,
    "enable": _switch,
    "test": _test,
}
