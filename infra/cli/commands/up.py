"""Start the stack on this machine from the template that is deployed, install what is missing, and print its address."""

import argparse

from infra.cli import local_stack, options
from infra.cli.first_keys import list_key_lines, load_local_keys
from infra.cli.terminal import print_result
from infra.local import emulator
from infra.local.places import KEPT_DATA_FOLDER, LOCAL_FOLDER


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --port and --json."""
    local_stack.add_port(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Start the stack and print its address and its keys."""
    LOCAL_FOLDER.mkdir(parents=True, exist_ok=True)
    local_stack.prepare_stack()
    running = emulator.find_running() or local_stack.start_emulator(
        KEPT_DATA_FOLDER, arguments.port
    )
    deployment = local_stack.deploy_stack(running).deployment
    keys = load_local_keys(deployment, running.keys)
    result = {"api": deployment.api_url, "aws_endpoint": running.endpoint, "keys": keys}
    lines = _to_lines(deployment.api_url, running, keys)
    print_result(result, lines, as_json=arguments.json)
    return 0


def _to_lines(api_url: str, running: emulator.Emulator, keys: dict[str, str]) -> list[str]:
    credentials = f"access key test, secret test, region {emulator.REGION}"
    return [
        f"API           {api_url}",
        f"AWS endpoint  {running.endpoint} ({credentials})",
        *list_key_lines(keys, "key   "),
        "Stop it with `make down`; its data is kept.",
    ]
