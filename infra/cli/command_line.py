"""Reads a command line as owners write it: with misspelt names, and with values that begin with a dash."""

import argparse
from typing import Any

from infra.cli.options import rank_similar_names

MAX_LISTED_NAMES = 8


class CommandParser(argparse.ArgumentParser):
    """A parser that answers a misspelt command with the most similar ones, and takes `-x1…` as a value.

    Ids and secrets may begin with a dash. No option of ours is written in one word with its value.
    """

    def _parse_optional(self, arg_string: str) -> Any:
        is_value = arg_string.startswith("-") and arg_string[1:2] != "-" and len(arg_string) > 2  # noqa: PLR2004
        return None if is_value else super()._parse_optional(arg_string)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = action.choices
        if choices is None or value in choices:
            return
        names = [*map(str, choices)]
        similar = rank_similar_names(str(value), names)
        hints = [f"Did you mean: {', '.join(similar)}?"] if len(similar) < len(names) else []
        if not hints or len(names) <= MAX_LISTED_NAMES:
            hints.append(f"There are: {', '.join(names)}.")
        raise argparse.ArgumentError(action, f"there is no {value!r}. {' '.join(hints)}")
