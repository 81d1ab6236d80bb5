"""The options and arguments that several commands share."""

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches

from regulars.admin.import_accounts import DEFAULT_ACCOUNT
from regulars.admin.source_connection import is_source_name
from regulars.channels.registry import CHANNELS

DEFAULT_SOURCE_NAME = DEFAULT_ACCOUNT
MAX_SHOWN_CHARACTERS = 70  # of a wrong name: as much as fits on a line
_MIN_SIMILARITY = 0.5


def add_stack(parser: argparse.ArgumentParser) -> None:
    """Add --stack, the deployment on which the command works."""
    parser.add_argument(
        "--stack",
        metavar="NAME",
        help="a CloudFormation stack in the AWS account of your credentials, e.g. Regulars "
        "(default: the stack on this machine)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def add_channel(parser: argparse.ArgumentParser) -> None:
    """Add the channel as the first argument."""
    parser.add_argument(
        "channel",
        type=parse_channel,
        metavar="CHANNEL",
        help="e.g. shopify, stripe, form; a wrong name lists the most similar ones",
    )


def parse_positive(text: str) -> int:
    """Return a whole number above zero; anything else is a usage error."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of 1 or more")
    return int(text)


def parse_day(text: str) -> str:
    """Return a day as `YYYY-MM-DD`; anything else is a usage error."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-20") from None
    return day.date().isoformat()


def parse_source_name(text: str) -> str:
    """Return the name of a source, which is part of its URL and of the name of its secret."""
    if not is_source_name(text):
        name = text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…"
        raise argparse.ArgumentTypeError(
            f"{name!r} cannot be in a URL: use up to 64 letters, digits, dots, dashes and underscores"
        )
    return text


def parse_channel(text: str) -> str:
    """Return the name of a channel, given in any case; a wrong one is a usage error that lists the most similar names."""
    name = text.strip().lower()
    if name not in CHANNELS:
        similar = rank_similar_names(name, CHANNELS)
        hint = "Did you mean" if len(similar) < len(CHANNELS) else "There are"
        raise argparse.ArgumentTypeError(
            f"there is no channel {text!r}. {hint}: {', '.join(similar)}. `regulars channels` describes them"
        )
    return name


def rank_similar_names(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that are similar to a text, best first; all of them when none is."""
    ordered = sorted(names)
    lowered = text.lower()
    similar = get_close_matches(lowered, ordered, cutoff=_MIN_SIMILARITY)
    similar += [name for name in ordered if lowered and lowered in name and name not in similar]
    return similar or ordered
