"""Read the answer to a question of a form: its role, and the text that is stored."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from regulars.channels.contract import Request
from regulars.channels.fields.json_values import as_list, read_config_object
from regulars.channels.fields.phones import to_e164
from regulars.channels.fields.redaction import clean_text, looks_personal
from regulars.domain.identifiers import normalize_identifier

MAX_ANSWER_CHARACTERS = 64
MAX_ANSWERS = 40
# The contact field that a question asks for, by its text. The config of the source maps any other question.
_ROLE_PATTERNS = {
    "email": re.compile(r"((your|contact) )?e ?mail( address)?"),
    "phone": re.compile(r"((your|contact) )?((mobile|tele)?phone|mobile)( number)?"),
    "first_name": re.compile(r"(your )?(first|given) ?name"),
    "last_name": re.compile(r"(your )?(last|family|sur) ?name"),
    "name": re.compile(r"((your )?(full )?name|what is your name)"),
}
_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+")
_UTM_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class FormAnswer(msgspec.Struct, frozen=True):
    """The answer to one question.

    `names` are the names of the question: its id, its reference, its words. `value` is a text, a number, a boolean or a
    list of them. `kind` is email, phone, choice (words of the form's author), hidden (a parameter of a link), or text
    for everything that a person may have typed.
    """

    names: tuple[str, ...]
    value: Any
    kind: str = "text"


def fits_role(role: str, value: str, country: str) -> bool:
    """Return whether the answer can be what its question asks for, because a text field may contain anything."""
    if role == "phone":
        return bool(to_e164(value, country))
    if role in {"email", "user_id"}:
        return normalize_identifier(role, value) is not None
    return bool(value.strip())


def find_role(request: Request, answer: FormAnswer) -> str:
    """Return what a question asks for: by the source's config, else by its kind, else by its words; '' if unknown."""
    fields = read_config_object(request.config, "fields")
    configured_role = next((fields[name] for name in answer.names if name in fields), None)
    if isinstance(configured_role, str):
        return configured_role
    if answer.kind in {"email", "phone"}:
        return answer.kind
    if answer.kind == "hidden":
        return next((name for name in answer.names if name in {"email", "phone", "user_id"}), "")
    if answer.kind != "text":
        return ""
    names = [" ".join(_WORD_BREAK.split(name)).strip().lower() for name in answer.names]
    roles = (
        role
        for role, pattern in _ROLE_PATTERNS.items()
        for name in names
        if pattern.fullmatch(name)
    )
    return next(roles, "")


def select_campaign(answers: Sequence[FormAnswer]) -> dict[str, Any]:
    """Return the campaign that a link to the form names."""
    campaign = {
        name: _clean_short_text(answer.value)
        for answer in answers
        if answer.kind == "hidden"
        for name in answer.names
        if name in _UTM_FIELDS
    }
    return {name: text for name, text in campaign.items() if text}


def select_answers(
    request: Request, answers: Sequence[tuple[str, FormAnswer]]
) -> dict[str, dict[str, Any]]:
    """Return the choices, and the answers to questions that the source's config names, by the first name of each."""
    config_names = as_list(request.config.get("answers"))
    names = {name for name in config_names if isinstance(name, str)}
    values: dict[str, Any] = {}
    for role, answer in answers:
        is_stored = answer.kind == "choice" or not names.isdisjoint(answer.names)
        if is_stored and answer.names and not role:
            value = _clean_answer(answer.value)
            if value not in ("", []):
                values[_clean_short_text(answer.names[0])] = value
    values.pop("", None)
    return {"answers": dict(list(values.items())[:MAX_ANSWERS])} if values else {}


def _clean_answer(value: object) -> Any:
    if isinstance(value, list):
        return [text for text in map(_clean_short_text, value[:MAX_ANSWERS]) if text]
    return value if isinstance(value, bool) else _clean_short_text(value)


def _clean_short_text(value: object) -> str:
    text = clean_text(value)
    return "" if len(text) > MAX_ANSWER_CHARACTERS or looks_personal(text) else text
