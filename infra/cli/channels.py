"""Channels as the owner names them, with the nearest names when there is none; and what each says of itself."""

import argparse
import re
from collections.abc import Iterable
from difflib import get_close_matches

from regulars.channels.registry import CHANNELS, load_channel

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_NEAR = 0.5


def add_channel(parser: argparse.ArgumentParser) -> None:
    """The channel, as the first word."""
    help_ = "e.g. shopify, stripe, form; a wrong one lists the nearest"
    parser.add_argument("channel", type=_channel, metavar="CHANNEL", help=help_)


def source_name(text: str) -> str:
    """The name of a source, which stands in its URL and in the name of its secret."""
    if not _NAME.fullmatch(text):
        said = text if len(text) <= 70 else f"{text[:70]}…"  # noqa: PLR2004 (as much as fits on a line)
        raise argparse.ArgumentTypeError(
            f"{said!r} cannot be in a URL: take up to 64 letters, digits, dots, dashes and underscores"
        )
    return text


def nearest(text: str, names: Iterable[str]) -> list[str]:
    """The names like this one, best first; all of them when none is."""
    listed = sorted(names)
    lowered = text.lower()
    near = get_close_matches(lowered, listed, cutoff=_NEAR)
    near += [name for name in listed if lowered and lowered in name and name not in near]
    return near or listed


def page(channel: str) -> list[str]:
    """What to click in the provider and what is kept: the channel's own words."""
    return load_channel(channel).page.strip().splitlines()


def _channel(text: str) -> str:
    if text not in CHANNELS:
        near = nearest(text, CHANNELS)
        asked = "Did you mean" if len(near) < len(CHANNELS) else "There are"
        raise argparse.ArgumentTypeError(
            f"there is no channel {text!r}. {asked}: {', '.join(near)}"
        )
    return text
