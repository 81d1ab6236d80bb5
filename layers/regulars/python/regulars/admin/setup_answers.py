"""Checks and converts the owner's answers to the questions of a channel."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from regulars.admin.errors import InvalidAnswerError, MissingAnswerError, SecretFieldError
from regulars.channels.contract import Channel, ConfigField, CredentialField

UNKNOWN_FIELD = ConfigField(question="")  # of a field that the channel does not ask for
_SECRET_NAME = re.compile(r"secret|token|passw|key", re.IGNORECASE)
_MIN_SIMILARITY = 0.7


def list_fields(channel: Channel) -> tuple[str, ...]:
    """Return the names of the fields that the channel asks for."""
    return (*channel.config_fields, *channel.credential_fields)


def find_unknown_fields(channel: Channel, names: Iterable[str]) -> list[str]:
    """Return the names of fields that the channel does not ask for.

    Raise SecretFieldError for one that may be a secret: only the fields of the channel itself are known to be secret.
    """
    unknown = sorted({*names} - {*list_fields(channel)})
    for name in unknown:
        is_similar = get_close_matches(
            name.lower(), channel.credential_fields, cutoff=_MIN_SIMILARITY
        )
        if _SECRET_NAME.search(name) or is_similar:
            raise SecretFieldError(name, list_fields(channel))
    return unknown


def require_answer(
    name: str,
    field: ConfigField | CredentialField,
    answers: Mapping[str, str],
    stored: Mapping[str, Any],
) -> None:
    """Raise MissingAnswerError when a field has neither an answer nor a stored value and is not optional."""
    if not answers.get(name) and name not in stored and not field.is_optional:
        raise MissingAnswerError(name, field.question)


def parse_config(channel: Channel, answers: Mapping[str, str]) -> dict[str, str | list[str]]:
    """Return the config values of the answers; credentials and empty answers are left out.

    Raise InvalidAnswerError for a value that is not what the question asks for.
    """
    return {
        name: parse_answer(name, text, channel.config_fields.get(name, UNKNOWN_FIELD))
        for name, text in answers.items()
        if text and name not in channel.credential_fields
    }


def parse_answer(name: str, text: str, field: ConfigField) -> str | list[str]:
    """Return an answer as the source stores it; raise InvalidAnswerError when it is not what the question asks for."""
    try:
        return field.normalize(text)
    except ValueError:
        raise InvalidAnswerError(name, text, field.question) from None
