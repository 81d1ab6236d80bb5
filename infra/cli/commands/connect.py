"""Connect a provider: prompt for what it needs, create its source, and print the URL to which it sends.

A provider often shows its secret only once it has the URL. So the source is stored and its URL printed first; until its
secret is given, now or by running the command again, the source waits and its senders retry.
"""

import argparse
import sys
from typing import Any

from infra.cli import options, prompts
from infra.cli.stack import select_stack
from infra.cli.terminal import print_message, print_result
from infra.cli.texts.setup_steps import describe_steps, describe_tunnel
from regulars.admin.secret_kinds import find_secret_question
from regulars.admin.setup_answers import find_unknown_fields, list_fields
from regulars.admin.source_connection import (
    API_URL,
    Connection,
    ConnectionRequest,
    connect_source,
    finish_connection,
    is_public_url,
    require_needed_secret,
)
from regulars.admin.sources import SourceStores, find_source
from regulars.channels.contract import Channel
from regulars.channels.registry import load_channel


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add CHANNEL, and each answer as an option."""
    options.add_channel(parser)
    parser.add_argument(
        "--name",
        type=options.parse_source_name,
        default=options.DEFAULT_SOURCE_NAME,
        help="a name of your choice for the source; it is part of the URL",
    )
    prompts.add_secret_option(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help=f"the value of a field, instead of a prompt; {prompts.HIDDEN_VALUES}",
    )
    parser.add_argument(
        "--url",
        type=_parse_url,
        help=f"the public URL, when it is not the URL of the API; `{API_URL}` returns to that one",
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Create the source, print where the provider sends, and store the secret."""
    stores = SourceStores.from_deployment(select_stack(arguments).deployment)
    channel = load_channel(arguments.channel)
    answers = _collect_answers(stores, channel, arguments)
    secret = prompts.read_value(arguments.secret)
    require_needed_secret(channel, secret)
    connection = connect_source(
        stores,
        ConnectionRequest(
            channel=arguments.channel,
            name=arguments.name,
            answers=answers,
            url=arguments.url or "",
            secret=secret,
        ),
    )
    guide = _describe_setup(channel, connection)
    question = find_secret_question(channel)
    if not secret and question and sys.stdin.isatty():
        print_message("\n".join([*guide, ""]))
        guide = []
        secret = _prompt_for_secret(question, connection)
        connection = finish_connection(stores, connection, secret) if secret else connection
    changes = _describe_changes(connection, has_new_secret=bool(secret))
    lines = (
        [*guide, "", *_to_lines(connection, changes)] if guide else _to_lines(connection, changes)
    )
    print_result(_to_result(connection, changes), lines, as_json=arguments.json)
    return 0


def _parse_url(text: str) -> str:
    if not is_public_url(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no URL such as https://hooks.example.com/in, without a query"
        )
    return text


def _collect_answers(
    stores: SourceStores, channel: Channel, arguments: argparse.Namespace
) -> dict[str, str]:
    """Return the answers of --set, and those of the prompts; warn of fields that the channel does not ask for."""
    answers = prompts.parse_pairs(arguments.set)
    similar = options.rank_similar_names
    for field in find_unknown_fields(channel, answers):
        fields = ", ".join(similar(field, list_fields(channel))) or "nothing"
        print_message(
            f"{field} is stored, although the channel does not ask for it. It asks for: {fields}."
        )
    source = find_source(stores, channel.name, arguments.name)
    config = source.config if source else {}
    prompts.fill_answers(channel.config_fields, answers, config, hidden=False)
    credentials = stores.secrets_of(channel.name, arguments.name).credentials
    prompts.fill_answers(channel.credential_fields, answers, credentials, hidden=True)
    return answers


def _prompt_for_secret(question: str, connection: Connection) -> str:
    hint = "keeps the stored secret" if connection.has_secret else "to give it later"
    return prompts.prompt_for(f"{question} [Enter {hint}]", hidden=True)


def _describe_changes(connection: Connection, *, has_new_secret: bool) -> list[str]:
    """Return what connecting again changed, without any secret."""
    changes = [
        f"{change.field}: {change.new} instead of {'nothing' if change.old is None else change.old}"
        for change in connection.config_changes
    ]
    changes += [f"{field}: as given" for field in connection.credentials_changed]
    return changes + (["the secret"] if has_new_secret else [])


def _to_result(connection: Connection, changes: list[str]) -> dict[str, Any]:
    source, secret = connection.source, connection.generated_secret
    result = {"channel": source.channel, "source": source.source, "url": connection.url}
    result |= {"state": connection.state}
    result |= {"secret": secret} if secret else {}
    return result | ({"changed": changes} if connection.existed else {})


def _describe_setup(channel: Channel, connection: Connection) -> list[str]:
    """Return the URL and the secret that the provider needs, then how to enter them there."""
    source, secret = connection.source, connection.generated_secret
    return [
        f"URL: {connection.url}",
        *([f"Secret: {secret}"] if secret else []),
        "",
        *describe_steps(channel, connection.url, secret),
        *describe_tunnel(source.channel, source.source, connection.url),
    ]


def _to_lines(connection: Connection, changes: list[str]) -> list[str]:
    channel, name = connection.source.channel, connection.source.source
    source, words = f"{channel}/{name}", f"{channel} {name}"
    states = {
        "on": f"{source} accepts deliveries. Test it with: regulars sources test {words}",
        "waiting": f"{source} is waiting for its secret. "
        f"Give it with: regulars connect {channel} --name {name} --secret …",
        "disabled": f"{source} is disabled. Accept deliveries with: regulars sources enable {words}",
    }
    existed = f"{source} existed. Changed: {'; '.join(changes) or 'nothing'}."
    return [*([existed] if connection.existed else []), states[connection.state]]
