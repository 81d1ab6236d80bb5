"""Give a new deployment its pepper and its first keys; what is there already stays."""

import argparse
import json
import secrets
from contextlib import suppress
from pathlib import Path

import boto3

from infra.cli import options, stack
from infra.cli.console import show
from infra.cli.keys import now
from regulars.settings import ServeProfilesSettings
from regulars.store.api_keys import SCOPES, ApiKeys

LABELS = {"write": "storefront", "read": "storefront", "admin": "owner"}
SOURCE = "web"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Initialise and show the keys that were made."""
    deployed = stack.chosen(arguments)
    made = initialised(deployed)
    lines = [f"{scope:<6} {text}" for scope, text in made.items()]
    lines += ["They are shown once; only their hashes are kept."] if made else ["Nothing to do."]
    show({"url": deployed.api_url, "keys": made}, lines, as_json=arguments.json)
    return 0


def initialised(deployed: stack.Stack) -> dict[str, str]:
    """Make the pepper and a key of each scope unless there are any; returns the keys made, by scope."""
    settings = deployed.settings(ServeProfilesSettings)
    _make_pepper(f"{settings.parameters_prefix}/pepper")
    keys = ApiKeys(settings.control_table)
    if keys.list_keys():
        return {}
    return {scope: keys.create_key(scope, LABELS[scope], SOURCE, now())[0] for scope in SCOPES}


def first_keys(deployed: stack.Stack, file: Path) -> dict[str, str]:
    """Initialise, and keep the first keys' text in a file: for the stack on this machine only."""
    if made := initialised(deployed):
        file.touch(mode=0o600)
        file.write_text(json.dumps(made, indent=1))
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _make_pepper(name: str) -> None:
    """Never overwritten: another pepper would make strangers of everybody known."""
    ssm = boto3.client("ssm")
    with suppress(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=name, Value=secrets.token_urlsafe(32), Type="SecureString")
