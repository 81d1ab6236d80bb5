"""Start the stack on this machine from the template that is deployed, install what is missing, and print its address."""

import argparse

from infra.cli import local_stack, options
from infra.cli.first_keys import list_key_lines, load_local_keys
from infra.cli.restart import EarlierRun, restore_run
from infra.cli.terminal import print_result
from infra.local import emulator
from infra.local.places import KEPT_DATA_FOLDER
from infra.local.start_lock import lock_start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --port and --json."""
    local_stack.add_port(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Start the stack and print its address, its keys and how many events it has of earlier runs."""
    with lock_start():
        local_stack.prepare_stack()
        running = emulator.find_running()
        earlier = None if running else EarlierRun.from_folder(KEPT_DATA_FOLDER)
        if running:
            emulator.await_running(running)
        else:
            running = local_stack.start_emulator(KEPT_DATA_FOLDER, arguments.port)
        stack = local_stack.deploy_stack(running)
        keys = load_local_keys(stack.deployment, running.keys)
        restored_events = restore_run(stack, earlier) if earlier else None
    result = {
        "api": stack.deployment.api_url,
        "aws_endpoint": running.endpoint,
        "keys": keys,
        "restored_events": restored_events,
    }
    lines = _to_lines(stack.deployment.api_url, running, keys)
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
