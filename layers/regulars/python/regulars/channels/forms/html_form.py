"""Receive submissions of a plain HTML form: the person, the consents and short answers.

**Set up**

1. Run `regulars connect form`. It generates a key and prints the URL, which contains the key.
2. Set the URL as the `action` of your form, with `method="post"`. The browser can send the form urlencoded or as
   multipart.
3. Name the inputs as listed below.
4. Add an input named `_gotcha` and hide it with CSS. Only bots fill it in. Their submissions are stored as rejects
   with the reason `honeypot`.
5. To choose the next page, enter it as `next` in `regulars connect form`. The input `_next` can name another page of
   the same site.

The key is public, because the page is public. It identifies the form, and `regulars sources rotate form` replaces it.

**Fields**

* Person: `email`, `phone`, `name`, `first_name`, `last_name`
* Consent to e-mail (checkboxes): `consent`, `newsletter`, `marketing`
* Other consents (checkboxes): `consent_sms`, `consent_whatsapp`, `consent_phone`
* Answers of at most 64 characters: `topic`, `topics`, `interest`, `interests`, `form_id`, `utm_source`, `utm_medium`,
  `utm_campaign`

**Events**

* Submission → Form Submitted
* Submission without an e-mail address and a phone number → a reject with the reason `missing_identity`

A ticked checkbox grants the consent. A checkbox that is not ticked withdraws nothing.

**Stored**

* The submission, the consents and the short answers.
* E-mail address, phone number and name as contact data.

**Not stored**: messages, other fields and files.

**Notes**

* Duplicates: the input `_id` identifies a submission. A repeated submission with the same `_id` is stored once.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from regulars.channels.contract import Channel, ConfigField, Draft, GeneratedSecret, Request
from regulars.channels.fields.form_body import parse_form_fields
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text, looks_personal
from regulars.domain.errors import InvalidEventError, SignatureError
from regulars.domain.events import ConsentChange, Event, event_id
from regulars.domain.times import to_text

CHANNEL_NAME = "form"
HONEYPOT_FIELD = "_gotcha"
KEY_PARAMETERS = ("key", "_key", "token")
KEY_HEADER = "x-form-key"
MAX_ANSWER_CHARACTERS = 64
MAX_ANSWER_CHOICES = 10

_ORIGIN_PATTERN = re.compile(r"(https?://[A-Za-z0-9.-]+(?::\d+)?)(?:[/?#][!-\[\]-~]*)?\Z")
_TICKED_VALUES = {"on", "yes", "true", "1", "y", "granted", "subscribed"}
# A browser sends a checkbox only if it is ticked, so a form can grant consent and never deny it.
_CONSENT_CHANNELS = {
    "consent": "email",
    "consent_email": "email",
    "newsletter": "email",
    "marketing": "email",
    "consent_sms": "sms",
    "consent_whatsapp": "whatsapp",
    "consent_phone": "phone",
}
# Answers that are a choice and never free text. Only these are stored in the event.
_ANSWER_FIELDS = (
    "topic",
    "topics",
    "interest",
    "interests",
    "form_id",
    "utm_source",
    "utm_medium",
    "utm_campaign",
)


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001
    """Compare the key in the URL (`?key=`), a header or a hidden field with each live key; a form is not signed."""
    key = _find_key(request).encode("utf-8", "replace")
    if not key:
        raise SignatureError("missing")
    matches = [hmac.compare_digest(key, secret.encode()) for secret in secrets]
    if not any(matches):
        raise SignatureError("signature")


def translate_delivery(request: Request) -> list[Draft]:
    """Return one `Form Submitted` event; raise InvalidEventError(honeypot) for a bot and (missing_identity) without a person."""
    fields = parse_form_fields(request)
    if _find_first_value(fields, HONEYPOT_FIELD):
        raise InvalidEventError("The hidden honeypot field is filled in.", "honeypot")
    person = PersonBuilder(request.default_country)
    person.add_contact({name: values[0] for name, values in fields.items()})
    if not person.identifiers:
        raise InvalidEventError(
            "The form contains no e-mail address and no phone number.", "missing_identity"
        )
    at = to_text(request.received_at)
    event = Event(
        id=event_id(CHANNEL_NAME, request.source, _submission_key(fields)),
        type="Form Submitted",
        channel="form",
        source=f"{CHANNEL_NAME}/{request.source}",
        occurred_at=at,
        received_at=at,
        consents=_list_consents(fields, at),
        properties=_select_answers(fields),
    )
    return [Draft(event, person.identifiers, person.contact)]


def find_next_page(request: Request) -> str:
    """Return the next page: the input `_next` if it has the origin of the configured `next`, else `next` itself.

    Any other address would make the endpoint an open redirect.
    """
    configured = request.config.get("next")
    if not isinstance(configured, str):
        return ""
    next_url = _find_first_value(parse_form_fields(request), "_next")
    origin = _parse_origin(next_url)
    return next_url if origin and origin == _parse_origin(configured) else configured


def build_sample(blank: Request, secret: str) -> Request:
    """Return the submission of a bot, which becomes a reject; a form has no test mode, and a sample must not create a person."""
    body = f"_key={quote(secret)}&{HONEYPOT_FIELD}=test".encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _parse_origin(url: str) -> str:
    """Return `https://host:port` of a URL; '' for another scheme and for a URL that a browser may parse differently."""
    match = _ORIGIN_PATTERN.match(url)
    return match.group(1).lower() if match else ""


def _find_key(request: Request) -> str:
    for name in KEY_PARAMETERS:
        if request.query.get(name):
            return request.query[name]
    header = request.headers.get(KEY_HEADER, "")
    return header or _find_first_value(parse_form_fields(request), "_key")


def _submission_key(fields: dict[str, list[str]]) -> str:
    # A second click sends the same answers and counts as the same submission. The raw body can differ, because the
    # browser generates a new multipart boundary each time.
    return (
        _find_first_value(fields, "_id") or hashlib.sha256(msgspec.json.encode(fields)).hexdigest()
    )


def _find_first_value(fields: dict[str, list[str]], name: str) -> str:
    return next((value for value in fields.get(name, ()) if value.strip()), "")


def _list_consents(fields: dict[str, list[str]], at: str) -> tuple[ConsentChange, ...]:
    granted = {
        channel
        for name, channel in _CONSENT_CHANNELS.items()
        if _find_first_value(fields, name).strip().lower() in _TICKED_VALUES
    }
    return tuple(
        ConsentChange(channel=channel, status="granted", at=at, basis="form")
        for channel in sorted(granted)
    )


def _select_answers(fields: dict[str, list[str]]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for name in _ANSWER_FIELDS:
        texts = [clean_text(value) for value in fields.get(name, fields.get(f"{name}[]", ()))]
        short_texts = [
            text
            for text in texts
            if 0 < len(text) <= MAX_ANSWER_CHARACTERS and not looks_personal(text)
        ]
        if short_texts:
            answers[name] = short_texts[:MAX_ANSWER_CHOICES]
    return answers


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="HTML form",
    page=__doc__,
    secret=GeneratedSecret(url_parameter="key"),
    verify=verify_delivery,
    translate=translate_delivery,
    find_next_page=find_next_page,
    build_sample=build_sample,
    config_fields={
        "next": ConfigField(
            question="The URL of the page after the form, such as https://shop.example.com/thanks",
            is_optional=True,
        )
    },
)
