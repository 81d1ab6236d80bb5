"""The sources whose webhooks are taken in: list, rotate a secret, disable, enable, and test them."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from infra.cli import answers, connections, fetched, options, stack, trial
from infra.cli.channels import add_channel, source_name
from infra.cli.console import show, table
from infra.local.faults import FaultError
from regulars.channels.contract import GeneratedSecret, NoSecret, ProviderSecret
from regulars.channels.registry import load_channel
from regulars.store.sources import Source

NONE = "There are no sources yet. Make one: regulars connect CHANNEL"

type Told = tuple[Any, list[str], bool]  # facts, the same for people, and whether all is well


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="all sources, with how many secrets are good")
    _shared(listed)
    for name, purpose in {
        "rotate": "give a new secret; the one before stays good beside it",
        "disable": "take nothing in any more",
        "enable": "take it in again",
        "test": "send a signed sample through the public door, and see what becomes of it",
    }.items():
        action = actions.add_parser(name, help=purpose)
        add_channel(action)
        action.add_argument(
            "name", type=source_name, nargs="?", default="main", help="as it was connected"
        )
        if name == "rotate":
            answers.add_secret(action)
        _shared(action)


def run(arguments: argparse.Namespace) -> int:
    """Do one action and show its facts; 1 when a test was refused."""
    facts, lines, is_well = ACTIONS[arguments.action](stack.chosen(arguments), arguments)
    show(facts, lines, as_json=arguments.json)
    return 0 if is_well else 1


def _shared(parser: argparse.ArgumentParser) -> None:
    options.add_stack(parser)
    options.add_json(parser)


def _list(deployed: stack.Stack, _arguments: argparse.Namespace) -> Told:
    facts = [_facts(deployed, source) for source in connections.sources_of(deployed).list_sources()]
    heading = ("channel", "name", "state", "secrets", "fetched", "url")
    rows = [_row(one, heading) for one in facts]
    return facts, table([heading, *rows]) if rows else [NONE], True


def _row(one: dict[str, Any], heading: tuple[str, ...]) -> tuple[Any, ...]:
    shown = one | {"name": one["source"], "fetched": fetched.words(one["fetched"])}
    return tuple(shown[name] for name in heading)


def _facts(deployed: stack.Stack, source: Source) -> dict[str, Any]:
    """What is known of a source, without any secret."""
    kept = connections.secrets_of(deployed, source.channel, source.source)
    return {
        **msgspec.to_builtins(source),
        "state": connections.state(source, has_secret=bool(kept)),
        "url": connections.public_url(deployed, source),
        "secrets": len(kept.signing),
        "credentials": sorted(kept.credentials),
        "fetched": fetched.of_source(deployed, source),
    }


def _rotate(deployed: stack.Stack, arguments: argparse.Namespace) -> Told:
    source = connections.found(deployed, arguments.channel, arguments.name)
    given = answers.said(arguments.secret) or _asked(source.channel)
    secret = given or connections.made_up()
    connections.add_secret(deployed, source.channel, source.source, secret)
    facts = {"url": connections.public_url(deployed, source, secret)}
    facts |= {} if given else {"secret": secret}
    lines = [f"{name}: {value}" for name, value in facts.items()]
    paste = "" if given else f"Paste the new one at {source.channel}. "
    return facts, [*lines, f"{paste}The secret before it stays good beside it."], True


def _asked(channel: str) -> str:
    """The provider's own new secret; '' where it is ours to make."""
    match load_channel(channel).secret:
        case NoSecret():
            raise FaultError(f"{channel} needs no secret of yours: there is nothing to rotate.")
        case GeneratedSecret():
            return ""
        case ProviderSecret(question=question):
            secret = answers.asked(question, hidden=True) if sys.stdin.isatty() else ""
            if not secret:
                advice = f"--secret …: {question}."
                raise FaultError("The provider's new secret is missing.", advice)
            return secret


def _switch(deployed: stack.Stack, arguments: argparse.Namespace) -> Told:
    source = connections.found(deployed, arguments.channel, arguments.name)
    disabled = arguments.action == "disable"
    connections.sources_of(deployed).save_source(msgspec.structs.replace(source, disabled=disabled))
    words, named = f"{source.channel} {source.source}", f"{source.channel}/{source.source}"
    told = (
        "Refused, and kept with the rejects, everywhere within ten seconds. "
        f"Take it in again: regulars sources enable {words}"
        if disabled
        else "Taken in again everywhere within ten seconds. "
        f"What was refused meanwhile: regulars replay --source {named}"
    )
    return {"disabled": disabled}, [told], True


def _test(deployed: stack.Stack, arguments: argparse.Namespace) -> Told:
    source = connections.found(deployed, arguments.channel, arguments.name)
    trial_ = trial.sent(deployed, source)
    return msgspec.to_builtins(trial_), [trial_.words], trial_.is_well


ACTIONS: dict[str, Callable[[stack.Stack, argparse.Namespace], Told]] = {
    "list": _list,
    "rotate": _rotate,
    "disable": _switch,
    "enable": _switch,
    "test": _test,
}
