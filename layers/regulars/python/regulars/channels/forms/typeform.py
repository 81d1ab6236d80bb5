"""Receive complete and partial submissions of a Typeform form, signed over the raw body.

**Set up**

1. Run `regulars connect typeform`. It generates a secret and prints the URL and the secret.
2. In Typeform, open your form and go to Connect → Webhooks → Add a webhook. Paste the URL and save.
3. Go to Edit → Secret and paste the secret.
4. Enable the webhook. To receive abandoned forms, also enable "Send partial responses".

**Rotate the secret**: Run `regulars sources rotate typeform` and paste the new secret in Typeform. The previous
secret stays valid until the next rotation.

**Events**

* `form_response` → Form Submitted
* `form_response_partial` → Form Submitted with `partial`
* Response without an e-mail address and a phone number → a reject with the reason `missing_identity`
* Any other event → a reject with the reason `unknown_topic`

Consent is recorded only for questions that you name when you connect, by reference or ID, for example
`--set 'consents={"newsletter_ok": "email"}'`. The answer must be yes.

**Stored**

* The form ID, the campaign (`utm_…`) in hidden fields, and the selected choices, which are your own words.
* Short typed answers, only if you name the question, for example `--set answers=shoe_size`.
* Contact data: the first e-mail address, the first phone number and the names. They are recognized by the type or the
  text of the question. Map any other question, for example `--set 'fields={"ref_7": "first_name"}'`.
* The hidden field `user_id`, as your own ID of the person.

**Not stored**: other typed answers.

**Notes**

* Retries: Typeform retries a failed delivery for hours with the same signed event ID. It is stored as one event.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request, UnknownTopicError
from regulars.channels.drafts.form_answers import FormAnswer
from regulars.channels.drafts.submissions import CONFIG_FIELDS, Submission, build_submission_draft
from regulars.channels.fields.event_times import parse_time
from regulars.channels.fields.json_values import as_list, as_object, list_objects, parse_json
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64

CHANNEL_NAME = "typeform"
TOPICS = ("form_response", "form_response_partial")
_ANSWER_KINDS = {"email": "email", "phone_number": "phone"}
_CHOICE_TYPES = ("yes_no", "legal", "rating", "opinion_scale", "nps")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Compare the HMAC-SHA256 of the raw body under each live secret.

    https://www.typeform.com/developers/webhooks/secure-your-webhooks/
    """
    digests = (hmac_base64(secret.encode(), request.body) for secret in secrets)
    signature = request.headers.get("typeform-signature", "")
    check_equal(signature, [b"sha256=" + digest for digest in digests])


def translate_delivery(request: Request) -> list[Draft]:
    """Return one `Form Submitted` event."""
    body = as_object(parse_json(request.body))
    topic = body.get("event_type")
    if topic not in TOPICS:
        raise UnknownTopicError
    response = as_object(body.get("form_response"))
    submission = Submission(
        key=(str(body.get("event_id") or response.get("token")),),
        at=parse_time(response.get("submitted_at") or response.get("landed_at")),
        form_id=response.get("form_id"),
        answers=[*_list_answers(response), *_list_hidden_fields(response)],
        is_partial=topic != TOPICS[0],
    )
    return [build_submission_draft(CHANNEL_NAME, request, submission)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown topic, which becomes a reject."""
    body = b'{"event_type":"test"}'
    signature = b"sha256=" + hmac_base64(secret.encode(), body)
    headers = {"content-type": "application/json", "typeform-signature": signature.decode()}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _list_answers(response: dict[str, Any]) -> Iterator[FormAnswer]:
    definition = as_object(response.get("definition"))
    titles = {
        str(field.get("id")): field.get("title") for field in list_objects(definition.get("fields"))
    }
    for answer in list_objects(response.get("answers")):
        field = as_object(answer.get("field"))
        labels = (field.get("ref"), field.get("id"), titles.get(str(field.get("id"))))
        names = tuple(label for label in labels if isinstance(label, str) and label)
        yield FormAnswer(names, *_read_answer(answer, field))


def _read_answer(answer: dict[str, Any], field: dict[str, Any]) -> tuple[Any, str]:
    """Return the value and its kind. The author wrote the labels of choices; the respondent typed the text of "other"."""
    kind = str(answer.get("type"))
    if kind == "choice":
        return as_object(answer.get("choice")).get("label"), "choice"
    if kind == "choices":
        return as_list(as_object(answer.get("choices")).get("labels")), "choice"
    if field.get("type") in _CHOICE_TYPES and kind in {"boolean", "number"}:
        return answer.get(kind), "choice"
    return answer.get(kind), _ANSWER_KINDS.get(kind, "text")


def _list_hidden_fields(response: dict[str, Any]) -> Iterator[FormAnswer]:
    for name, value in as_object(response.get("hidden")).items():
        yield FormAnswer((name,), value, "hidden")


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Typeform",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    config_fields=CONFIG_FIELDS,
)
