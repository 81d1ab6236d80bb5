"""Build the draft of a form submission: the person, the consents and the selected choices, without free text."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import ConfigField, Draft, Request
from regulars.channels.fields.config_answers import check_json_object, split_list
from regulars.channels.fields.event_times import resolve_event_times
from regulars.channels.fields.json_values import as_list, read_config_object
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.phones import to_e164
from regulars.channels.fields.redaction import clean_text, looks_personal
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import ConsentChange, Event, event_id
from regulars.domain.identifiers import normalize_identifier
from regulars.domain.texts import replace_surrogates
from regulars.domain.times import to_text

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
# The settings of a source that explain its questions, beyond what a delivery of a form contains.
CONFIG_FIELDS = {
    "fields": ConfigField(
        question='The contact field of each question, as JSON such as {"ref_7": "first_name"}',
        is_optional=True,
        normalize=check_json_object,
    ),
    "consents": ConfigField(
        question='The consent channel of each consent question, as JSON such as {"newsletter": "email"}',
        is_optional=True,
        normalize=check_json_object,
    ),
    "answers": ConfigField(
        question="The questions whose short answers are stored, separated by commas",
        is_optional=True,
        normalize=split_list,
    ),
}
_UTM_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_YES_PATTERN = re.compile(
    r"yes|y|true|on|1|agreed?|accepted|i (agree|accept|consent)\b.*", re.IGNORECASE
)


class FormAnswer(msgspec.Struct, frozen=True):
    """The answer to one question.

    `names` are the names of the question: its id, its reference, its words. `value` is a text, a number, a boolean or a
    list of them. `kind` is email, phone, choice (words of the form's author), hidden (a parameter of a link), or text
    for everything that a person may have typed.
    """

    names: tuple[str, ...]
    value: Any
    kind: str = "text"


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """One submitted form; `key` identifies it within the source."""

    key: tuple[str, ...]
    at: datetime
    form_id: object
    answers: Sequence[FormAnswer]
    email: object = None  # of a person who was signed in
    is_partial: bool = False


def build_submission_draft(channel: str, request: Request, submission: Submission) -> Draft:
    """Return the draft of a `Form Submitted`; raise InvalidEventError(missing_identity) if it identifies nobody."""
    answers = [(_find_role(request, answer), answer) for answer in submission.answers]
    person = _build_person(request, submission, answers)
    if not person.identifiers:
        raise InvalidEventError(
            "The form contains no e-mail address and no phone number.", "missing_identity"
        )
    times = resolve_event_times(submission.at, request.received_at)
    properties: dict[str, Any] = {"form_id": clean_text(submission.form_id)}
    if submission.is_partial:
        properties["partial"] = True
    properties |= _select_campaign(submission.answers) | _select_answers(request, answers)
    event = Event(
        id=event_id(channel, request.source, *map(replace_surrogates, submission.key)),
        type="Form Submitted",
        channel="form",
        source=f"{channel}/{request.source}",
        occurred_at=times.occurred_at,
        received_at=to_text(request.received_at),
        consents=_list_consents(request, submission.answers, times.occurred_at),
        properties=properties,
        clock_skewed=times.clock_skewed,
        backfill=times.backfill,
    )
    return Draft(event, person.identifiers, person.contact)


def _build_person(
    request: Request, submission: Submission, answers: Sequence[tuple[str, FormAnswer]]
) -> PersonBuilder:
    """Return the person of the first address and the first phone number.

    A second one may be that of a friend, and would merge two people.
    """
    person = PersonBuilder(request.default_country)
    person.add_identifier("email", submission.email)
    contact_fields = _collect_contact_fields(answers, request.default_country)
    if person.identifiers:
        contact_fields.pop("email", None)
    person.add_contact(contact_fields)
    person.add_identifier("user_id", contact_fields.get("user_id"))
    return person


def _collect_contact_fields(
    answers: Sequence[tuple[str, FormAnswer]], country: str
) -> dict[str, Any]:
    """Return the first fitting answer of each role."""
    contact_fields: dict[str, Any] = {}
    for role, answer in answers:
        if role and isinstance(answer.value, str) and _fits_role(role, answer.value, country):
            contact_fields.setdefault(role, answer.value)
    return contact_fields


def _fits_role(role: str, value: str, country: str) -> bool:
    """Return whether the answer can be what its question asks for, because a text field may contain anything."""
    if role == "phone":
        return bool(to_e164(value, country))
    if role in {"email", "user_id"}:
        return normalize_identifier(role, value) is not None
    return bool(value.strip())


def _find_role(request: Request, answer: FormAnswer) -> str:
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


def _list_consents(
    request: Request, answers: Sequence[FormAnswer], at: str
) -> tuple[ConsentChange, ...]:
    """Return the consents granted in the questions that the source's config names; a form never denies one."""
    questions = read_config_object(request.config, "consents")
    channels = {
        channel
        for answer in answers
        for name in answer.names
        if (channel := _find_consent_channel(questions.get(name), answer.value))
    }
    return tuple(
        ConsentChange(channel=channel, status="granted", at=at, basis="form")
        for channel in sorted(channels)
    )


def _find_consent_channel(question: object, value: object) -> str:
    """Return the channel that an answer grants, by a yes or by the answer that the config names; '' for none."""
    config = question if isinstance(question, dict) else {"channel": question}
    channel, agreement = config.get("channel"), config.get("answer")
    choices = value if isinstance(value, list) else [value]
    is_granted = any(
        choice == agreement if isinstance(agreement, str) else _is_yes(choice) for choice in choices
    )
    return channel if isinstance(channel, str) and is_granted else ""


def _is_yes(value: object) -> bool:
    return value is True or (isinstance(value, str) and bool(_YES_PATTERN.fullmatch(value.strip())))


def _select_campaign(answers: Sequence[FormAnswer]) -> dict[str, Any]:
    """Return the campaign that a link to the form names."""
    campaign = {
        name: _clean_short_text(answer.value)
        for answer in answers
        if answer.kind == "hidden"
        for name in answer.names
        if name in _UTM_FIELDS
    }
    return {name: text for name, text in campaign.items() if text}


def _select_answers(
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
