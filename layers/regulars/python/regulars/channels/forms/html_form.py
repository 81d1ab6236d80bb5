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
HONEYPOT = "_gotcha"
KEY_FIELDS = ("key", "_key", "token")
KEY_HEADER = "x-form-key"
LONGEST_ANSWER = 64

_ORIGIN = re.compile(r"(https?://[A-Za-z0-9.-]+(?::\d+)?)(?:[/?#][!-\[\]-~]*)?\Z")
_TICKED = {"on", "yes", "true", "1", "y", "granted", "subscribed"}
# A checkbox is sent only when it is ticked, so a form can grant consent and never deny it.
_CONSENTS = {
    "consent": "email",
    "consent_email": "email",
    "newsletter": "email",
    "marketing": "email",
    "consent_sms": "sms",
    "consent_whatsapp": "whatsapp",
    "consent_phone": "phone",
}
# Answers that are one of a few choices, never free text, may stay with the event.
_CHOICES = (
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
    """A form is not signed: the key is in the URL (`?key=`), a header or a hidden field, and may be any live one."""
    given = _key(request)
    if not given:
        raise SignatureError("missing")
    matches = [
        hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()) for secret in secrets
    ]
    if not any(matches):
        raise SignatureError("signature")


def translate_delivery(request: Request) -> list[Draft]:
    """One `Form Submitted`; InvalidEventError(honeypot) for a robot, (missing_identity) for nobody."""
    fields = parse_form_fields(request)
    if _first(fields, HONEYPOT):
        raise InvalidEventError("The field no person sees was filled in.", "honeypot")
    person = PersonBuilder(request.default_country)
    person.add_contact({name: values[0] for name, values in fields.items()})
    if not person.identifiers:
        raise InvalidEventError(
            "The form gives no e-mail address and no phone.", "missing_identity"
        )
    at = to_text(request.received_at)
    event = Event(
        id=event_id(CHANNEL_NAME, request.source, _dedupe(fields)),
        type="Form Submitted",
        channel="form",
        source=f"{CHANNEL_NAME}/{request.source}",
        occurred_at=at,
        received_at=at,
        consents=_consents(fields, at),
        properties=_choices(fields),
    )
    return [Draft(event, person.identifiers, person.contact)]


def find_next_page(request: Request) -> str:
    """Where a browser goes after the form: its `_next` if that is on the host set up as `next`, else `next` itself.

    Any other address would make the door an open redirect.
    """
    configured = request.config.get("next")
    if not isinstance(configured, str):
        return ""
    wanted = _first(parse_form_fields(request), "_next")
    origin = _origin(wanted)
    return wanted if origin and origin == _origin(configured) else configured


def build_sample(blank: Request, secret: str) -> Request:
    """What a robot sends, which is set aside: a form has no test mode, and nobody is to be made up."""
    body = f"_key={quote(secret)}&{HONEYPOT}=test".encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _origin(url: str) -> str:
    """`https://host:port` of a URL; '' for another scheme and for what a browser may read otherwise than we do."""
    match = _ORIGIN.match(url)
    return match.group(1).lower() if match else ""


def _key(request: Request) -> str:
    for name in KEY_FIELDS:
        if request.query.get(name):
            return request.query[name]
    header = request.headers.get(KEY_HEADER, "")
    return header or _first(parse_form_fields(request), "_key")


def _dedupe(fields: dict[str, list[str]]) -> str:
    # The same answers sent by an impatient second click are one submission; the bytes around them may differ, since
    # browsers draw a new boundary each time.
    return _first(fields, "_id") or hashlib.sha256(msgspec.json.encode(fields)).hexdigest()


def _first(fields: dict[str, list[str]], name: str) -> str:
    return next((value for value in fields.get(name, ()) if value.strip()), "")


def _consents(fields: dict[str, list[str]], at: str) -> tuple[ConsentChange, ...]:
    granted = {
        channel
        for name, channel in _CONSENTS.items()
        if _first(fields, name).strip().lower() in _TICKED
    }
    return tuple(
        ConsentChange(channel=channel, status="granted", at=at, basis="form")
        for channel in sorted(granted)
    )


def _choices(fields: dict[str, list[str]]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name in _CHOICES:
        answers = [clean_text(value) for value in fields.get(name, fields.get(f"{name}[]", ()))]
        short = [
            text for text in answers if 0 < len(text) <= LONGEST_ANSWER and not looks_personal(text)
        ]
        if short:
            kept[name] = short[:10]
    return kept


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
            question="The page that thanks, such as https://shop.example.com/thanks",
            is_optional=True,
        )
    },
)
