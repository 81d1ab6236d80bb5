"""Typeform's webhooks: every form that was filled in, signed over the raw bytes.

Set it up
* Run `regulars connect typeform`; it makes up a secret and prints the URL.
* In Typeform: your form → Connect → Webhooks → Add a webhook. Paste the URL, save, then Edit → Secret and paste the
  secret. Switch the webhook on, and "Send partial responses" too if you want to know who gave up.
* To rotate: run `regulars sources rotate typeform`, paste the new secret; both count until the old one is taken away.

Events
* form_response → Form Submitted; form_response_partial → Form Submitted with `partial`.
* A form that gives no e-mail address and no phone is set aside as missing_identity: it says of nobody who it is.
* Consent is taken only from questions you name in the source's config, by reference or id, when they were answered with
  yes: {"consents": {"newsletter_ok": "email"}}.

What is stored
* The form's id, the campaign (utm_…) in hidden fields, and the choices taken: words of yours, never the reader's. Of what
  was typed, nothing; if a question's answer is short and you want it, name it: {"answers": ["shoe_size"]}.
* The first e-mail address, the first phone and the names go to the person's contact data; the hidden field `user_id` is
  taken as your own id of the person. What a question asks for is seen from its kind or its words; otherwise say it:
  {"fields": {"ref_7": "first_name"}}.
* Typeform repeats what was not taken for hours, with the same event id, which is signed: it is one event.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request
from regulars.channels.drafts import submissions as form_answers
from regulars.channels.drafts.submissions import Answer, Submission, submission_draft
from regulars.channels.fields.event_times import parsed
from regulars.channels.fields.json_values import a_list, an_object, objects, read_json
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64
from regulars.domain.errors import InvalidEventError

CHANNEL_NAME = "typeform"
TOPICS = ("form_response", "form_response_partial")
_KINDS = {"email": "email", "phone_number": "phone"}
_CHOSEN = ("yes_no", "legal", "rating", "opinion_scale", "nps")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """HMAC-SHA256 over the raw bytes by any live secret.

    https://www.typeform.com/developers/webhooks/secure-your-webhooks/
    """
    wanted = (hmac_base64(secret.encode(), request.body) for secret in secrets)
    given = request.headers.get("typeform-signature", "")
    check_equal(given, [b"sha256=" + each for each in wanted])


def translate_delivery(request: Request) -> list[Draft]:
    """One `Form Submitted`."""
    body = an_object(read_json(request.body))
    topic = body.get("event_type")
    if topic not in TOPICS:
        raise InvalidEventError("Nothing is known to do with this topic.", "unknown_topic")
    response = an_object(body.get("form_response"))
    submission = Submission(
        key=(str(body.get("event_id") or response.get("token")),),
        at=parsed(response.get("submitted_at") or response.get("landed_at")),
        form_id=response.get("form_id"),
        answers=[*_answers(response), *_hidden(response)],
        is_partial=topic != TOPICS[0],
    )
    return [submission_draft(CHANNEL_NAME, request, submission)]


def build_sample(blank: Request, secret: str) -> Request:
    """A signed delivery of a topic nobody knows, which is set aside."""
    body = b'{"event_type":"test"}'
    signature = b"sha256=" + hmac_base64(secret.encode(), body)
    headers = {"content-type": "application/json", "typeform-signature": signature.decode()}
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _answers(response: dict[str, Any]) -> Iterator[Answer]:
    definition = an_object(response.get("definition"))
    titles = {
        str(field.get("id")): field.get("title") for field in objects(definition.get("fields"))
    }
    for told in objects(response.get("answers")):
        field = an_object(told.get("field"))
        said = (field.get("ref"), field.get("id"), titles.get(str(field.get("id"))))
        names = tuple(name for name in said if isinstance(name, str) and name)
        yield Answer(names, *_answer(told, field))


def _answer(told: dict[str, Any], field: dict[str, Any]) -> tuple[Any, str]:
    """The value and its kind. The words of a choice are the form's; what stands under "other" is the reader's."""
    kind = str(told.get("type"))
    if kind == "choice":
        return an_object(told.get("choice")).get("label"), "choice"
    if kind == "choices":
        return a_list(an_object(told.get("choices")).get("labels")), "choice"
    if field.get("type") in _CHOSEN and kind in {"boolean", "number"}:
        return told.get(kind), "choice"
    return told.get(kind), _KINDS.get(kind, "text")


def _hidden(response: dict[str, Any]) -> Iterator[Answer]:
    for name, value in an_object(response.get("hidden")).items():
        yield Answer((name,), value, "hidden")


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Typeform",
    page=__doc__,
    secret=GeneratedSecret(),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    config_fields=form_answers.CONFIG_FIELDS,
)
