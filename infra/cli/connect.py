"""Connect a provider: asks for what it needs, makes its source, and says what to paste where."""

import argparse
import getpass
import sys
from typing import Any

from infra.cli import connections, options, stack
from infra.cli.console import say, show
from infra.local.faults import FaultError
from regulars.store.sources import Source

SEVERAL = "separated by commas"  # a question that ends so is answered with a list


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """CHANNEL, and every answer as an option."""
    parser.add_argument("channel", choices=connections.channel_names(), metavar="CHANNEL")
    parser.add_argument("--name", default="main", help="of your choice; part of the URL")
    parser.add_argument("--secret", help="the provider's own, instead of being asked for it")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="an answer beforehand"
    )
    parser.add_argument("--url", help="the public URL, where it is not the API's own")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask, make it, and show where to send."""
    deployed = stack.chosen(arguments)
    known = connections.sources_of(deployed).find(arguments.channel, arguments.name)
    # The URL that the provider is given is the one that some of them sign.
    own = connections.own_url(deployed, arguments.channel, arguments.name)
    given = dict(_pair(text) for text in arguments.set)
    credentials = _credentials(arguments.channel, given)
    config = (known.config if known else {}) | _config(arguments.channel, given)
    source = Source(arguments.channel, arguments.name, config | {"url": arguments.url or own})
    said = arguments.secret or _asked_secret(arguments)
    secret = connections.add_secret(deployed, source.channel, source.source, said)
    if credentials:
        connections.add_credentials(deployed, source.channel, source.source, credentials)
    connections.sources_of(deployed).save(source)
    facts = {"url": connections.public_url(deployed, source, secret)}
    if not said:
        facts["secret"] = secret
    show(facts, _lines(source.channel, facts), as_json=arguments.json)
    return 0


def _credentials(channel: str, given: dict[str, str]) -> dict[str, str]:
    """The channel's credentials, taken out of what was given or asked for unseen; an empty answer leaves one out."""
    questions: dict[str, str] = connections.trait(channel, "CREDENTIALS", {})
    found = {name: given.pop(name) for name in questions if name in given}
    for name in questions.keys() - found.keys() if sys.stdin.isatty() else ():
        found[name] = getpass.getpass(f"{questions[name]}: ", sys.stderr)
    return {name: text.strip() for name, text in found.items() if text.strip()}


def _config(channel: str, given: dict[str, str]) -> dict[str, Any]:
    """What the channel needs to know, from the options or by asking; an empty answer leaves a field out."""
    questions: dict[str, str] = connections.trait(channel, "ASKS", {})
    for name, question in questions.items():
        if name not in given and sys.stdin.isatty():
            given[name] = _ask(question)
    return {
        name: _value(text, questions.get(name, "")) for name, text in given.items() if text.strip()
    }


def _asked_secret(arguments: argparse.Namespace) -> str:
    """The provider's secret; '' when it is ours to make."""
    question = connections.trait(arguments.channel, "SIGNING_KEY", "")
    if not question:
        return ""
    if not sys.stdin.isatty():
        raise FaultError("The provider's secret is missing.", f"--secret: {question}.")
    secret = getpass.getpass(f"{question}: ", sys.stderr).strip()
    if not secret:
        raise FaultError("Without the provider's secret nothing can be verified.")
    return secret


def _ask(question: str) -> str:
    say(f"{question}:")
    return input().strip()


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise FaultError(f"{text} is not FIELD=VALUE.")
    return name, value


def _value(text: str, question: str) -> str | list[str]:
    if SEVERAL in question:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text.strip()


def _lines(channel: str, facts: dict[str, str]) -> list[str]:
    secret = facts.get("secret")
    shown = [f"secret: {secret}"] if secret else []
    return [*connections.page(channel), "", f"URL: {facts['url']}", *shown]
