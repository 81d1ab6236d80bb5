"""Build the draft of a form submission: the person, the consents and the selected choices, without free text."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import ConfigField, Draft, Request
from regulars.channels.fields.config_answers import check_json_object, split_list
from regulars.channels.fields.event_times import happened
from regulars.channels.fields.json_values import a_list, set_up
from regulars.channels.fields.person import Person
from regulars.channels.fields.redaction import clean_text, looks_personal
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import ConsentChange, Event, event_id
from regulars.domain.identifiers import normalized
from regulars.domain.texts import replace_surrogates
from regulars.domain.times import to_text

LONGEST_ANSWER = 64
MOST_ANSWERS = 40
# What a question asks for, by its own words; a shop's config says so of any other.
_ROLES = {
    "email": re.compile(r"((your|contact) )?e ?mail( address)?"),
    "phone": re.compile(r"((your|contact) )?((mobile|tele)?phone|mobile)( number)?"),
    "first_name": re.compile(r"(your )?(first|given) ?name"),
    "last_name": re.compile(r"(your )?(last|family|sur) ?name"),
    "name": re.compile(r"((your )?(full )?name|what is your name)"),
}
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+")
# What may be said of a source's questions beyond what a form says by itself.
CONFIG_FIELDS = {
    "fields": ConfigField(
        question='What a question asks for, as JSON such as {"ref_7": "first_name"}',
        is_optional=True,
        normalize=check_json_object,
    ),
    "consents": ConfigField(
        question='Questions whose yes is a consent, as JSON such as {"newsletter": "email"}',
        is_optional=True,
        normalize=check_json_object,
    ),
    "answers": ConfigField(
        question="Questions whose short answers are kept, separated by commas",
        is_optional=True,
        normalize=split_list,
    ),
}
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_YES = re.compile(r"yes|y|true|on|1|agreed?|accepted|i (agree|accept|consent)\b.*", re.IGNORECASE)


class Answer(msgspec.Struct, frozen=True):
    """The answer to one question.

    `names` are all by which the question may be known: its id, its reference, its words. `value` is a text, a number, a
    yes or a list of them. `kind` is email, phone, choice (words of the form's author), hidden (put there by a link), or
    text for all that may have been typed.
    """

    names: tuple[str, ...]
    value: Any
    kind: str = "text"


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """One form as it was filled in; `key` tells it from every other of the source."""

    key: tuple[str, ...]
    at: datetime
    form_id: object
    answers: Sequence[Answer]
    email: object = None  # of a reader who was signed in
    is_partial: bool = False


def submission_draft(channel: str, request: Request, submission: Submission) -> Draft:
    """The one `Form Submitted`; InvalidEventError(missing_identity) when it says of nobody who it is."""
    asked = [(_role(request, answer), answer) for answer in submission.answers]
    person = _person(request, submission, asked)
    if not person.identifiers:
        raise InvalidEventError(
            "The form gives no e-mail address and no phone.", "missing_identity"
        )
    moment = happened(submission.at, request.received_at)
    said: dict[str, Any] = {"form_id": clean_text(submission.form_id)}
    if submission.is_partial:
        said["partial"] = True
    event = Event(
        id=event_id(channel, request.source, *map(replace_surrogates, submission.key)),
        type="Form Submitted",
        channel="form",
        source=f"{channel}/{request.source}",
        occurred_at=moment.occurred_at,
        received_at=to_text(request.received_at),
        consents=_consents(request, submission.answers, moment.occurred_at),
        properties=said | _hidden(submission.answers) | _kept(request, asked),
        clock_skewed=moment.clock_skewed,
        backfill=moment.backfill,
    )
    return Draft(event, person.identifiers, person.contact)


def _person(
    request: Request, submission: Submission, asked: Sequence[tuple[str, Answer]]
) -> Person:
    """The first address and the first phone: a second one may be a friend's, and would make two people one."""
    person = Person(request.default_country)
    person.add("email", submission.email)
    by_role: dict[str, Any] = {}
    for role, answer in asked:
        if role and isinstance(answer.value, str) and _is_worthy(role, answer.value):
            by_role.setdefault(role, answer.value)
    if person.identifiers:
        by_role.pop("email", None)
    person.describe(by_role)
    person.add("user_id", by_role.get("user_id"))
    return person


def _is_worthy(role: str, value: str) -> bool:
    """Whether the answer is what was asked for: a box of the name may hold anything."""
    return bool(value.strip()) and (role != "email" or normalized("email", value) is not None)


def _role(request: Request, answer: Answer) -> str:
    """What a question asks for: as the shop's config says by any of its names, else by its kind, else by its words."""
    fields = set_up(request.config, "fields")
    told = next((fields[name] for name in answer.names if name in fields), None)
    if isinstance(told, str):
        return told
    if answer.kind in {"email", "phone"}:
        return answer.kind
    if answer.kind == "hidden":
        return next((name for name in answer.names if name in {"email", "phone", "user_id"}), "")
    if answer.kind != "text":
        return ""
    words = [" ".join(_WORD.split(name)).strip().lower() for name in answer.names]
    asked = (
        role for role, words_of in _ROLES.items() for text in words if words_of.fullmatch(text)
    )
    return next(asked, "")


def _consents(request: Request, answers: Sequence[Answer], at: str) -> tuple[ConsentChange, ...]:
    """What was agreed to, in the questions the shop's config names; a form never denies."""
    questions = set_up(request.config, "consents")
    granted = {
        channel
        for answer in answers
        for name in answer.names
        if (channel := _agreed(questions.get(name), answer.value))
    }
    return tuple(ConsentChange(channel, "granted", at, "form") for channel in sorted(granted))


def _agreed(question: object, value: object) -> str:
    """The channel agreed to: by a yes, or by the answer the config names beside the channel; '' for none."""
    told = question if isinstance(question, dict) else {"channel": question}
    channel, wanted = told.get("channel"), told.get("answer")
    given = value if isinstance(value, list) else [value]
    is_yes = any(each == wanted if isinstance(wanted, str) else _is_yes(each) for each in given)
    return channel if isinstance(channel, str) and is_yes else ""


def _is_yes(value: object) -> bool:
    return value is True or (isinstance(value, str) and bool(_YES.fullmatch(value.strip())))


def _hidden(answers: Sequence[Answer]) -> dict[str, Any]:
    """The campaign a link to the form named."""
    said = {
        name: _short(answer.value)
        for answer in answers
        if answer.kind == "hidden"
        for name in answer.names
        if name in _UTM
    }
    return {name: text for name, text in said.items() if text}


def _kept(request: Request, asked: Sequence[tuple[str, Answer]]) -> dict[str, dict[str, Any]]:
    """The choices taken, and the answers to questions that the shop's config names, by the question's first name."""
    named = {name for name in a_list(request.config.get("answers")) if isinstance(name, str)}
    kept: dict[str, Any] = {}
    for role, answer in asked:
        is_wanted = answer.kind == "choice" or not named.isdisjoint(answer.names)
        if is_wanted and answer.names and not role:
            value = _value(answer.value)
            if value not in ("", []):
                kept[_short(answer.names[0])] = value
    kept.pop("", None)
    return {"answers": dict(list(kept.items())[:MOST_ANSWERS])} if kept else {}


def _value(value: object) -> Any:
    if isinstance(value, list):
        return [text for text in map(_short, value[:MOST_ANSWERS]) if text]
    return value if isinstance(value, bool) else _short(value)


def _short(value: object) -> str:
    text = clean_text(value)
    return "" if len(text) > LONGEST_ANSWER or looks_personal(text) else text
