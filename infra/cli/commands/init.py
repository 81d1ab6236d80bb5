"""Give a new deployment its pepper and its first keys; those that exist stay."""

import argparse

from infra.cli import options
from infra.cli.first_keys import create_first_keys, list_key_lines
from infra.cli.stack import select_stack
from infra.cli.terminal import print_result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Set the deployment up and print the keys that were created."""
    deployment = select_stack(arguments).deployment
    keys = create_first_keys(deployment)
    lines = list_key_lines(keys)
    lines.append(
        "The keys are shown once: only their hashes are stored."
        if keys
        else "There is nothing to do."
    )
    print_result({"url": deployment.api_url, "keys": keys}, lines, as_json=arguments.json)
    return 0
