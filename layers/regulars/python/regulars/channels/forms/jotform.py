"""Receive submissions of a Jotform form.

**Set up**

1. Run `regulars connect jotform`. It generates a token and prints the URL, which contains the token.
2. In Jotform, open your form and go to Settings → Integrations → Webhooks. Paste the URL and complete the
   integration.

Jotform does not sign its deliveries. Anyone who knows the URL can send submissions, so treat it as a secret.

**Rotate the token**: Run `regulars sources rotate jotform` and paste the new URL in Jotform. The previous token stays
valid until the next rotation.

**Events**

* Submission → Form Submitted
* Submission without an e-mail address and a phone number → a reject with the reason `missing_identity`

Consent is recorded only for questions that you name when you connect, for example
`--set 'consents={"newsletter": "email"}'`. Use the part of the question name after `q7_`. The answer must be yes, or
one ticked box.

**Stored**

* The form ID and the time of the submission.
* Short answers, only if you name the question, for example `--set answers=shoeSize`. Jotform does not send the type
  of a question.
* Contact data: the first e-mail address, the first phone number and the names. They are recognized by the name of the
  question. Map any other question, for example `--set 'fields={"q11_reachMe": "email"}'`.

**Not stored**: IP addresses, files, signatures, payments and passwords.

**Notes**

* Duplicates: the submission ID identifies an event, however often the submission is sent or edited.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request, UnknownTopicError
from regulars.channels.drafts.form_answers import FormAnswer
from regulars.channels.drafts.submissions import CONFIG_FIELDS, Submission, build_submission_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.form_body import parse_form_fields
from regulars.channels.fields.json_values import as_object, parse_json
from regulars.channels.signatures.shared_secret import (
    TOKEN_PARAMETER,
    build_token_sample,
    check_token,
)

CHANNEL_NAME = "jotform"
_QUESTION_PATTERN = re.compile(r"q[0-9]+_(.+)")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Check the token of the URL, because Jotform does not sign deliveries.

    https://www.jotform.com/help/245-how-to-setup-a-webhook-with-jotform/
    """
    check_token(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one `Form Submitted` event."""
    fields = {name: values[0] for name, values in parse_form_fields(request).items()}
    submission_id = fields.get("submissionID")
    if not submission_id:
        raise UnknownTopicError
    answers = as_object(parse_json(fields.get("rawRequest") or "{}"))
    submission = Submission(
        key=(submission_id,),
        at=_submission_time(answers, request),
        form_id=fields.get("formID"),
        answers=list(_list_answers(answers)),
    )
    return [build_submission_draft(CHANNEL_NAME, request, submission)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a delivery with an unknown topic, which becomes a reject."""
    return build_token_sample(blank, secret, b"formID=test", "application/x-www-form-urlencoded")


def _submission_time(answers: dict[str, Any], request: Request) -> datetime:
    submit_date = answers.get("submitDate")
    return from_epoch(submit_date, 1000) if submit_date else request.received_at


def _list_answers(answers: dict[str, Any]) -> Iterator[FormAnswer]:
    for key, value in answers.items():
        question = _QUESTION_PATTERN.fullmatch(key)
        if question:
            yield from _split_answer((question[1], key), value)


def _split_answer(names: tuple[str, ...], value: object) -> Iterator[FormAnswer]:
    """Return the answer to a question; Jotform sends a name and a phone number in parts."""
    if not isinstance(value, dict):
        yield FormAnswer(names, value)
        return
    for part, name in (("first", "first name"), ("last", "last name")):
        yield FormAnswer((name,), value.get(part))
    numbers = [value.get("full"), f"{value.get('area') or ''}{value.get('phone') or ''}"]
    yield FormAnswer(
        names, next((number for number in numbers if number), None), _answer_kind(value)
    )


def _answer_kind(value: dict[str, Any]) -> str:
    return "phone" if {"full", "phone"} & value.keys() else "text"


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Jotform",
    page=__doc__,
    secret=GeneratedSecret(url_parameter=TOKEN_PARAMETER),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    config_fields=CONFIG_FIELDS,
)
