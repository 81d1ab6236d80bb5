"""List the channels that can be connected, and what each receives."""

import argparse

from infra.cli import options
from infra.cli.terminal import format_table, print_result
from infra.cli.texts.setup_steps import CHANNEL_PAGES
from regulars.channels.registry import list_channels, load_channel


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the channels by name."""
    channels = [load_channel(name) for name in list_channels()]
    result = [
        {"channel": one.name, "title": one.title, "receives": one.page.strip().splitlines()[0]}
        for one in channels
    ]
    rows = [(one["channel"], one["title"], one["receives"]) for one in result]
    lines = [
        *format_table(rows),
        "Connect one with: regulars connect CHANNEL",
        "Files of history need no connection: regulars import FILE",
        f"How each is set up: {CHANNEL_PAGES}",
    ]
    print_result(result, lines, as_json=arguments.json)
    return 0
