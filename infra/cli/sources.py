"""Make a source, such as a Shopify shop or a form, whose webhooks are then taken in."""

import argparse
import json
import secrets

import boto3

from infra.cli import options, stack
from infra.cli.console import show
from regulars.channels import CHANNELS
from regulars.settings import ReceiveWebhookSettings
from regulars.store.sources import Source, Sources


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The action new."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a source, or give one a new secret beside the old")
    new.add_argument("channel", choices=sorted(CHANNELS))
    new.add_argument("name", help="of your choice, e.g. main; it is part of the URL")
    new.add_argument("--secret", help="the provider's own; one is made up when it is left out")
    options.add_stack(new)
    options.add_json(new)


def run(arguments: argparse.Namespace) -> int:
    """Make it and show where to send."""
    deployed = stack.chosen(arguments)
    secret = created(deployed, arguments.channel, arguments.name, arguments.secret)
    url = f"{deployed.api_url}/hooks/{arguments.channel}/{arguments.name}"
    lines = [url, f"secret {secret}", "A secret beside an old one is known within five minutes."]
    show({"url": url, "secret": secret}, lines, as_json=arguments.json)
    return 0


def created(deployed: stack.Stack, channel: str, name: str, secret: str | None = None) -> str:
    """Register the source and put its newest secret first; the one before stays good, so that none is lost."""
    settings = deployed.settings(ReceiveWebhookSettings)
    secret = secret or secrets.token_urlsafe(24)
    ssm, parameter = boto3.client("ssm"), f"{settings.parameters_prefix}/sources/{channel}/{name}"
    try:
        known = json.loads(
            ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
        )
    except ssm.exceptions.ParameterNotFound:
        known = []
    live = json.dumps([secret, *known[:1]])
    ssm.put_parameter(Name=parameter, Value=live, Type="SecureString", Overwrite=True)
    Sources(settings.control_table).save(Source(channel, name))
    return secret
