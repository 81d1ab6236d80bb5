"""Receive submissions of a Tally form, signed over the raw body.

**Set up**

1. Run `regulars connect tally`. It generates a secret and prints the URL and the secret.
2. In Tally, open your form and go to Integrations → Webhooks → Connect.
3. Paste the URL as the endpoint, add the secret as the signing secret, and connect.

**Rotate the secret**: Run `regulars sources rotate tally` and paste the new secret in Tally. The previous secret
stays valid until the next rotation.

**Events**

* `FORM_RESPONSE` → Form Submitted
* Response without an e-mail address and a phone number → a reject with the reason `missing_identity`
* Any other event → a reject with the reason `unknown_topic`

Consent is recorded only for questions that you name when you connect, by label or key, for example
`--set 'consents={"I agree to receive e-mails": "email"}'`. The box must be ticked.

**Stored**

* The form ID, the campaign (`utm_…`) in hidden fields, and the selected choices, which are your own words.
* Short typed answers, only if you name the question, for example `--set 'answers=Shoe size'`.
* Contact data: the first e-mail address, the first phone number and the names. They are recognized by the type or the
  label of the question. Map any other question, for example `--set 'fields={"question_3EKz4n": "first_name"}'`.
* The hidden field `user_id`, as your own ID of the person.

**Not stored**: other typed answers, files, signatures and payments.

**Notes**

* Retries: Tally retries a failed delivery for one day with the same signed event ID. It is stored as one event.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request, UnknownTopicError
from regulars.channels.drafts.form_answers import FormAnswer
from regulars.channels.drafts.submissions import CONFIG_FIELDS, Submission, build_submission_draft
from regulars.channels.fields.event_times import format_first_time, parse_time
from regulars.channels.fields.json_values import as_list, as_object, list_objects, parse_json
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64

CHANNEL_NAME = "tally"
TOPIC = "FORM_RESPONSE"
_ANSWER_KINDS = {
    "INPUT_EMAIL": "email",
    "INPUT_PHONE_NUMBER": "phone",
    "HIDDEN_FIELDS": "hidden",
    "RATING": "choice",
    "LINEAR_SCALE": "choice",
}
_CHOICE_TYPES = {"MULTIPLE_CHOICE", "CHECKBOXES", "DROPDOWN", "MULTI_SELECT", "RANKING"}


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Compare the HMAC-SHA256 of the raw body under each live secret.

    https://tally.so/help/webhooks
    """
    signature = request.headers.get("tally-signature", "")
    check_equal(signature, [hmac_base64(secret.encode(), request.body) for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """Return one `Form Submitted` event."""
    body = as_object(parse_json(request.body))
    if body.get("eventType") != TOPIC:
        raise UnknownTopicError
    response = as_object(body.get("data"))
    submission = Submission(
        key=(str(body.get("eventId") or response.get("responseId")),),
        at=parse_time(format_first_time(response.get("createdAt"), body.get("createdAt"))),
        form_id=response.get("formId"),
        answers=list(_list_answers(response)),
    )
    return [build_submission_draft(CHANNEL_NAME, request, submission)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown topic, which becomes a reject."""
    body = b'{"eventType":"TEST"}'
    signature = hmac_base64(secret.encode(), body).decode()
    headers = {"content-type": "application/json", "tally-signature": signature}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _list_answers(response: dict[str, Any]) -> Iterator[FormAnswer]:
    for field in list_objects(response.get("fields")):
        labels = (field.get("label"), field.get("key"))
        names = tuple(label.strip() for label in labels if isinstance(label, str) and label.strip())
        yield FormAnswer(names, *_read_answer(field))


def _read_answer(field: dict[str, Any]) -> tuple[Any, str]:
    kind, value = str(field.get("type")), field.get("value")
    if kind not in _CHOICE_TYPES:
        return value, _ANSWER_KINDS.get(kind, "text")
    if isinstance(value, bool):
        return value, "choice"
    # The form's author wrote the text of an option. The respondent typed the text of "other".
    option_texts = {
        str(option.get("id")): option.get("text")
        for option in list_objects(field.get("options"))
        if option.get("isOtherOption") is not True
    }
    option_ids = map(str, as_list(value))
    return [option_texts[id_] for id_ in option_ids if id_ in option_texts], "choice"


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Tally",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    config_fields=CONFIG_FIELDS,
)
