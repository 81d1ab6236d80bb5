"""Build the draft of a form submission: the person, the consents and the selected choices, without free text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import ConfigField, Draft, Request
from regulars.channels.drafts.form_answers import (
    FormAnswer,
    find_role,
    fits_role,
    select_answers,
    select_campaign,
)
from regulars.channels.drafts.form_consents import list_consents
from regulars.channels.fields.config_answers import build_json_field, split_list
from regulars.channels.fields.event_times import resolve_event_times
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, event_id
from regulars.domain.texts import replace_surrogates
from regulars.domain.times import to_text

# The settings of a source that explain its questions, beyond what a delivery of a form contains.
CONFIG_FIELDS = {
    "fields": build_json_field(
        'The contact field of each question, as JSON such as {"ref_7": "first_name"}'
    ),
    "consents": build_json_field(
        'The consent channel of each consent question, as JSON such as {"newsletter": "email"}'
    ),
    "answers": ConfigField(
        question="The questions whose short answers are stored, separated by commas",
        is_optional=True,
        normalize=split_list,
    ),
}


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
    answers = [(find_role(request, answer), answer) for answer in submission.answers]
    person = _build_person(request, submission, answers)
    if not person.identifiers:
        raise InvalidEventError(
            "The form contains no e-mail address and no phone number.", "missing_identity"
        )
    times = resolve_event_times(submission.at, request.received_at)
    properties: dict[str, Any] = {"form_id": clean_text(submission.form_id)}
    if submission.is_partial:
        properties["partial"] = True
    properties |= select_campaign(submission.answers) | select_answers(request, answers)
    event = Event(
        id=event_id(channel, request.source, *map(replace_surrogates, submission.key)),
        type="Form Submitted",
        channel="form",
        source=f"{channel}/{request.source}",
        occurred_at=times.occurred_at,
        received_at=to_text(request.received_at),
        consents=list_consents(request, submission.answers, times.occurred_at),
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
        if role and isinstance(answer.value, str) and fits_role(role, answer.value, country):
            contact_fields.setdefault(role, answer.value)
    return contact_fields
