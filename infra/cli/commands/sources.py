"""List, rotate, disable, enable and test the sources that receive webhooks."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from infra.cli import options, prompts
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_result
from infra.cli.texts.reconciliation import describe_reconciliation
from infra.cli.texts.sample_delivery import describe_sample
from regulars.admin.deployment import Deployment
from regulars.admin.errors import SecretNotNeededError
from regulars.admin.sample_delivery import send_sample
from regulars.admin.sample_request import SampleStores
from regulars.admin.secret_kinds import find_secret_question
from regulars.admin.sources import (
    SourceStatus,
    SourceStores,
    disable_source,
    enable_source,
    list_sources,
    require_source,
    rotate_secret,
)
from regulars.channels.registry import load_channel
from regulars.store.sources import Source

NO_SOURCES = "There are no sources yet. Create one with: regulars connect CHANNEL"

type CommandOutput = tuple[
    Any, list[str], bool
]  # the result, its lines, and whether it is a success


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list all sources with the number of their secrets")
    options.add_stack(listing)
    options.add_json(listing)
    for name, purpose in {
        "rotate": "add a new secret; the previous one stays valid",
        "disable": "stop accepting deliveries from this source",
        "enable": "accept deliveries from this source again",
        "test": "send a signed sample to the public URL and show what becomes of it",
    }.items():
        action = actions.add_parser(name, help=purpose)
        options.add_channel(action)
        action.add_argument(
            "name",
            type=options.parse_source_name,
            nargs="?",
            default=options.DEFAULT_SOURCE_NAME,
            help="the name that was given to `connect`",
        )
        if name == "rotate":
            prompts.add_secret_option(action)
        options.add_stack(action)
        options.add_json(action)


def run(arguments: argparse.Namespace) -> int:
    """Do one action and print its result; return 1 when a test was refused."""
    deployment = select_stack(arguments).deployment
    result, lines, is_success = ACTIONS[arguments.action](deployment, arguments)
    print_result(result, lines, as_json=arguments.json)
    return 0 if is_success else 1


def _list(deployment: Deployment, _arguments: argparse.Namespace) -> CommandOutput:
    statuses = list_sources(SourceStores.from_deployment(deployment))
    heading = ("channel", "name", "state", "secrets", "fetched", "url")
    lines = format_table([heading, *map(_to_row, statuses)]) if statuses else [NO_SOURCES]
    return [_to_result(status) for status in statuses], lines, True


def _to_result(status: SourceStatus) -> dict[str, Any]:
    reconciliation = msgspec.to_builtins(status.reconciliation) if status.reconciliation else {}
    return {
        **msgspec.to_builtins(status.source),
        "state": status.state,
        "url": status.url,
        "secrets": status.live_secrets,
        "credentials": status.credential_names,
        "fetched": reconciliation,
    }


def _to_row(status: SourceStatus) -> tuple[Any, ...]:
    return (
        status.source.channel,
        status.source.source,
        status.state,
        status.live_secrets,
        describe_reconciliation(status.reconciliation),
        status.url,
    )


def _rotate(deployment: Deployment, arguments: argparse.Namespace) -> CommandOutput:
    stores, channel, name = (
        SourceStores.from_deployment(deployment),
        arguments.channel,
        arguments.name,
    )
    require_source(stores, channel, name)
    secret = prompts.read_value(arguments.secret) or _prompt_for_secret(channel)
    rotated = rotate_secret(stores, channel, name, secret)
    result = {"url": rotated.url}
    result |= {"secret": rotated.generated} if rotated.generated else {}
    lines = [f"{key}: {value}" for key, value in result.items()]
    paste = f"Paste the new secret at {channel}. " if rotated.generated else ""
    return result, [*lines, f"{paste}The previous secret stays valid."], True


def _prompt_for_secret(channel: str) -> str:
    """Return the new secret of a provider that makes it, when the owner is at a terminal; else ''."""
    contract = load_channel(channel)
    if not contract.needs_secret:
        raise SecretNotNeededError(channel)
    question = find_secret_question(contract)
    return prompts.prompt_for(question, hidden=True) if question and sys.stdin.isatty() else ""


def _disable(deployment: Deployment, arguments: argparse.Namespace) -> CommandOutput:
    stores = SourceStores.from_deployment(deployment)
    source = disable_source(stores, arguments.channel, arguments.name)
    effect = "refused everywhere within ten seconds, and stored as rejects"
    next_step = f"Accept them again with: regulars sources enable {source.channel} {source.source}"
    return _describe_switch(source, effect, next_step)


def _enable(deployment: Deployment, arguments: argparse.Namespace) -> CommandOutput:
    stores = SourceStores.from_deployment(deployment)
    source = enable_source(stores, arguments.channel, arguments.name)
    replay = f"regulars replay --source {source.channel}/{source.source}"
    next_step = f"Receive the refused ones with: {replay}"
    return _describe_switch(source, "accepted everywhere within ten seconds", next_step)


def _describe_switch(source: Source, effect: str, next_step: str) -> CommandOutput:
    line = f"Its deliveries are {effect}. {next_step}"
    return {"disabled": source.disabled}, [line], True


def _test(deployment: Deployment, arguments: argparse.Namespace) -> CommandOutput:
    stores = SampleStores.from_deployment(deployment)
    sample = send_sample(stores, arguments.channel, arguments.name)
    words = describe_sample(sample)
    result = {
        "outcome": sample.outcome,
        "words": words,
        "status": sample.response.status,
        "answer": sample.response.body,
    }
    return result, [words], sample.is_accepted


ACTIONS: dict[str, Callable[[Deployment, argparse.Namespace], CommandOutput]] = {
    "list": _list,
    "rotate": _rotate,
    "disable": _disable,
    "enable": _enable,
    "test": _test,
}
