"""What the owner answers: on the command line, from standard input, from the environment, or asked for."""

import argparse
import getpass
import os
import re
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from infra.cli.channels import nearest
from infra.cli.console import say
from infra.local.faults import FaultError
from regulars.channels.contract import ConfigField, CredentialField

FROM_INPUT, FROM_ENVIRONMENT = "-", "env:"
# In the name of what must not be told.
_SECRET = re.compile(r"secret|token|passw|key", re.IGNORECASE)
_NEAR = 0.7
HIDDEN = "`-` reads a line of standard input and `env:NAME` a variable, so that no list of processes shows it"


def add_secret(parser: argparse.ArgumentParser) -> None:
    """--secret."""
    parser.add_argument("--secret", help=f"the provider's own, instead of being asked; {HIDDEN}")


def said(text: str | None) -> str:
    """What an option says, or where it points to."""
    if text == FROM_INPUT:
        return sys.stdin.readline().strip()
    if text and text.startswith(FROM_ENVIRONMENT):
        name = text.removeprefix(FROM_ENVIRONMENT)
        if not os.environ.get(name):
            raise FaultError(f"The environment has no variable {name}.")
        return os.environ[name].strip()
    return (text or "").strip()


def pairs(options: list[str], known: list[str], hidden: Iterable[str]) -> dict[str, str]:
    """FIELD=VALUE, several times; a field that the channel does not ask for is taken with a warning.

    One that may be a secret is refused: of the channel's own names only, it is known which are to be hidden.
    """
    given = dict(_pair(text) for text in options)
    for name in given.keys() - set(known):
        near = ", ".join(nearest(name, known)) or "nothing"
        if _SECRET.search(name) or get_close_matches(name.lower(), hidden, cutoff=_NEAR):
            raise FaultError(
                f"{name} may be a secret, and would be kept in the open: the channel does not ask for it.",
                f"A signing secret is --secret …; --set takes: {near}.",
            )
        say(f"{name} is kept, although the channel does not ask for it. It asks for: {near}.")
    return given


def answered(
    fields: Mapping[str, ConfigField | CredentialField],
    given: Mapping[str, str],
    known: Mapping[str, Any],
    *,
    hidden: bool,
) -> dict[str, str]:
    """The answers that are given or asked for, without empty ones; FaultError when one that is needed is missing."""
    found = {name: given[name] for name in fields if name in given}
    for name, field in fields.items():
        if name not in found and sys.stdin.isatty():
            found[name] = asked(
                _with_hint(_prompt_text(field), is_known=name in known), hidden=hidden
            )
        if not found.get(name) and name not in known and not field.is_optional:
            raise FaultError(f"{name} is missing.", f"--set {name}=…: {field.question}.")
    return {name: text for name, text in found.items() if text}


def asked(question: str, *, hidden: bool) -> str:
    """What is typed; a hidden answer is not shown."""
    if hidden:
        return getpass.getpass(f"{question}: ", sys.stderr).strip()
    say(f"{question}:")
    return input().strip()


def value(name: str, text: str, field: ConfigField) -> str | list[str]:
    """An answer as it is kept; FaultError when it is not what was asked for."""
    try:
        return field.normalize(text)
    except ValueError:
        advice = f"--set {name}=…: {_prompt_text(field)}."
        raise FaultError(f"{name} cannot be {text!r}.", advice) from None


def _prompt_text(field: ConfigField | CredentialField) -> str:
    return f"{field.question} (optional)" if field.is_optional else field.question


def _with_hint(question: str, *, is_known: bool) -> str:
    return f"{question} [Enter keeps what is there]" if is_known else question


def _pair(text: str) -> tuple[str, str]:
    name, separator, given = text.partition("=")
    if not separator or not name.strip():
        raise FaultError(f"{text} is not FIELD=VALUE.", "Such as --set shop=my-shop.example.com.")
    return name.strip(), said(given)
