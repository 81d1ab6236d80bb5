"""Reads what the owner gives: as an option, from standard input, from the environment, or at a prompt."""

import argparse
import getpass
import os
import sys
from collections.abc import Mapping
from typing import Any

from infra.cli.terminal import print_message
from infra.local.errors import CommandError
from regulars.admin.setup_answers import require_answer
from regulars.channels.contract import ConfigField, CredentialField

STANDARD_INPUT, ENVIRONMENT_PREFIX = "-", "env:"
HIDDEN_VALUES = "`-` reads one line of standard input and `env:NAME` a variable, so that no process list shows it"


def add_secret_option(parser: argparse.ArgumentParser) -> None:
    """Add --secret."""
    parser.add_argument(
        "--secret", help=f"the secret of the provider, instead of a prompt; {HIDDEN_VALUES}"
    )


def read_value(text: str | None) -> str:
    """Return the value of an option, or what it refers to: a line of standard input or a variable."""
    if text == STANDARD_INPUT:
        return sys.stdin.readline().strip()
    if text and text.startswith(ENVIRONMENT_PREFIX):
        name = text.removeprefix(ENVIRONMENT_PREFIX)
        if not os.environ.get(name):
            raise CommandError(f"The environment has no variable {name}.")
        return os.environ[name].strip()
    return (text or "").strip()


def parse_pairs(options: list[str]) -> dict[str, str]:
    """Return the values of FIELD=VALUE options by field."""
    return dict(_parse_pair(text) for text in options)


def fill_answers(
    fields: Mapping[str, ConfigField | CredentialField],
    answers: dict[str, str],
    stored: Mapping[str, Any],
    *,
    hidden: bool,
) -> None:
    """Prompt for each missing answer at a terminal, and add it; raise MissingAnswerError for a required one."""
    for name, field in fields.items():
        if name not in answers and sys.stdin.isatty():
            question = _format_question(field, is_stored=name in stored)
            answers[name] = prompt_for(question, hidden=hidden)
        require_answer(name, field, answers, stored)


def prompt_for(question: str, *, hidden: bool) -> str:
    """Return what the owner types; a hidden answer is not shown."""
    if hidden:
        return getpass.getpass(f"{question}: ", sys.stderr).strip()
    print_message(f"{question}:")
    return input().strip()


def _format_question(field: ConfigField | CredentialField, *, is_stored: bool) -> str:
    optional = " (optional)" if field.is_optional else ""
    hint = " [Enter keeps the stored value]" if is_stored else ""
    return f"{field.question}{optional}{hint}"


def _parse_pair(text: str) -> tuple[str, str]:
    field, separator, value = text.partition("=")
    if not separator or not field.strip():
        raise CommandError(f"{text} is not FIELD=VALUE.", "Example: --set shop=my-shop.example.com")
    return field.strip(), read_value(value)
