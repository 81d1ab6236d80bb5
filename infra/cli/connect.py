"""Connect a provider: asks for what it needs, makes its source, and says what to paste where.

A provider often shows its secret only once it has the URL. So the source is made and its URL printed first; until its
secret is given, now or by running this again, it waits and has its senders try again.
"""

import argparse
import re
import sys

import msgspec

from infra.cli import answers, connections, options, stack
from infra.cli.channels import add_channel, page, source_name
from infra.cli.console import say, show
from infra.local.faults import FaultError
from regulars.channels.contract import ConfigField, GeneratedSecret, ProviderSecret
from regulars.channels.registry import load_channel
from regulars.store.parameters import SourceSecrets
from regulars.store.sources import Source

OWN = "own"  # the URL that the API has by itself
UNASKED = ConfigField(question="")  # a field that the channel does not ask for
_URL = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """CHANNEL, and every answer as an option."""
    add_channel(parser)
    parser.add_argument(
        "--name", type=source_name, default="main", help="of your choice; part of the URL"
    )
    answers.add_secret(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help=f"an answer beforehand; {answers.HIDDEN}",
    )
    parser.add_argument(
        "--url", type=_url, help=f"the public URL, where it is not the API's; `{OWN}` for that"
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Make the source, say where to send, and take the secret."""
    deployed = stack.chosen(arguments)
    before = connections.known(deployed, arguments.channel, arguments.name)
    kept = connections.secrets_of(deployed, arguments.channel, arguments.name)
    source, credentials = _told(deployed, arguments, before, kept)
    secret = _given(arguments)
    made = "" if secret or kept else _made_up(source.channel)
    connections.sources_of(deployed).save_source(source)
    connections.add_credentials(deployed, source.channel, source.source, credentials)
    url = connections.public_url(deployed, source, made or secret or "".join(kept.signing[:1]))
    guide = [*([] if before and secret else [*page(source.channel), ""]), f"URL: {url}"]
    if not secret and not made and (question := _secret_question(source.channel)):
        say("\n".join([*guide, ""]))
        guide, secret = [], _typed(question, kept)
    if made or secret:
        connections.add_secret(deployed, source.channel, source.source, made or secret)
    facts = {"channel": source.channel, "source": source.source, "url": url}
    facts["state"] = connections.state(source, has_secret=bool(made or secret or kept))
    changed = _changes(before, source, credentials, secret) if before else None
    told = facts | ({"secret": made} if made else {}) | ({"changed": changed} if before else {})
    show(told, [*guide, *_lines(facts, made, changed)], as_json=arguments.json)
    return 0


def _url(text: str) -> str:
    if text != OWN and not _URL.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no URL such as https://hooks.example.com/in, without a query"
        )
    return text


def _told(
    deployed: stack.Stack, arguments: argparse.Namespace, before: Source | None, kept: SourceSecrets
) -> tuple[Source, dict[str, str]]:
    """The source and its credentials by what is answered and what was known; a disabled one stays so."""
    source = before or Source(channel=arguments.channel, source=arguments.name)
    channel = load_channel(source.channel)
    fields, hidden = channel.config_fields, channel.credential_fields
    given = answers.pairs(arguments.set, [*fields, *hidden], hidden)
    said = answers.answered(fields, given, source.config, hidden=False)
    credentials = answers.answered(hidden, given, kept.credentials, hidden=True)
    config = {
        name: answers.value(name, text, fields.get(name, UNASKED))
        for name, text in (given | said).items()
        if text and name not in hidden
    }
    # The URL that the provider is given is the one that some of them sign.
    own = connections.own_url(deployed, source.channel, source.source)
    url = own if arguments.url == OWN else arguments.url or source.config.get("url") or own
    return msgspec.structs.replace(
        source, config=source.config | config | {"url": url}
    ), credentials


def _given(arguments: argparse.Namespace) -> str:
    """The secret on the command line."""
    secret = answers.said(arguments.secret)
    if secret and not load_channel(arguments.channel).needs_secret:
        raise FaultError(f"{arguments.channel} needs no secret of yours; leave --secret out.")
    return secret


def _made_up(channel: str) -> str:
    """A secret of ours, for a provider that takes one."""
    is_ours = isinstance(load_channel(channel).secret, GeneratedSecret)
    return connections.made_up() if is_ours else ""


def _secret_question(channel: str) -> str:
    """The question for a secret that the provider makes, if someone is there to answer it; '' otherwise."""
    match load_channel(channel).secret:
        case ProviderSecret(question=question) if sys.stdin.isatty():
            return question
    return ""


def _typed(question: str, kept: SourceSecrets) -> str:
    hint = "keeps the one that is there" if kept else "to give it later"
    return answers.asked(f"{question} [Enter {hint}]", hidden=True)


def _changes(before: Source, source: Source, credentials: dict[str, str], secret: str) -> list[str]:
    """What connecting again changes, without telling a secret."""
    names = sorted(source.config.keys())
    changed = [
        f"{name}: {source.config[name]} instead of {before.config.get(name, 'nothing')}"
        for name in names
        if source.config[name] != before.config.get(name)
    ]
    changed += [f"{name}: as given" for name in credentials]
    return changed + (["the secret"] if secret else [])


def _lines(facts: dict[str, str], made: str, changed: list[str] | None) -> list[str]:
    named = f"{facts['channel']}/{facts['source']}"
    words = f"{facts['channel']} {facts['source']}"
    states = {
        "on": f"{named} takes deliveries in. Try it: regulars sources test {words}",
        "waiting": f"{named} is waiting for its secret: regulars connect {facts['channel']} "
        f"--name {facts['source']} --secret …",
        "disabled": f"{named} is disabled. Take it in again: regulars sources enable {words}",
    }
    secret = [f"secret: {made}"] if made else []
    if changed is None:
        return [*secret, states[facts["state"]]]
    said = f"{named} was there already. Changed: {'; '.join(changed) or 'nothing'}."
    return [*secret, said, states[facts["state"]]]
