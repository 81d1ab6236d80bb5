"""Checks and converts the owner's answers to a channel's questions."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from regulars.admin.channel_setup import ChannelSetup
from regulars.admin.errors import InvalidAnswerError, MissingAnswerError, SecretFieldError

OPTIONAL_MARK = "(optional)"  # a question that ends with it needs no answer
LIST_MARK = "separated by commas"  # the answer to a question with it is a list
JSON_MARK = "as JSON"  # the answer to a question with it is a JSON object
_SECRET_NAME = re.compile(r"secret|token|passw|key", re.IGNORECASE)
_MIN_SIMILARITY = 0.7


def find_unknown_fields(setup: ChannelSetup, fields: Iterable[str]) -> list[str]:
    """Return the fields that the channel does not ask for.

    Raise SecretFieldError for one that may be a secret: only the fields of the channel itself are known to be secret.
    """
    unknown = sorted({*fields} - {*setup.fields})
    for field in unknown:
        is_similar = get_close_matches(
            field.lower(), setup.credential_questions, cutoff=_MIN_SIMILARITY
        )
        if _SECRET_NAME.search(field) or is_similar:
            raise SecretFieldError(field, setup.fields)
    return unknown


def require_answer(
    field: str, question: str, answers: Mapping[str, str], stored: Mapping[str, Any]
) -> None:
    """Raise MissingAnswerError when a field has neither an answer nor a stored value and is not optional."""
    if not answers.get(field) and field not in stored and not question.endswith(OPTIONAL_MARK):
        raise MissingAnswerError(field, question)


def parse_config(setup: ChannelSetup, answers: Mapping[str, str]) -> dict[str, str | list[str]]:
    """Return the config values of the answers; credentials and empty answers are left out.

    Raise InvalidAnswerError for a value that is not what the question asks for.
    """
    return {
        field: parse_answer(
            field, text, setup.config_questions.get(field, ""), setup.spellings.get(field, str)
        )
        for field, text in answers.items()
        if text and field not in setup.credential_questions
    }


def parse_answer(
    field: str, text: str, question: str, spell: Callable[[str], str] = str
) -> str | list[str]:
    """Return an answer as the source stores it; raise InvalidAnswerError when it is not what the question asks for."""
    if LIST_MARK in question:
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        if JSON_MARK in question and not isinstance(json.loads(text), dict):
            raise ValueError
        return spell(text)
    except ValueError:
        raise InvalidAnswerError(field, text, question) from None
