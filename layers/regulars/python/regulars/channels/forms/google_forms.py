"""Receive submissions of a Google form, which an Apps Script sends with your token.

**Set up**

1. Run `regulars connect google-forms`. It generates a token and prints the URL, which contains the token. Anyone who
   knows the URL can send submissions, so treat it as a secret.
2. Google Forms has no webhooks. A script sends each response. In the form, go to ⋮ → Apps Script, paste this script
   with your URL, and save:

       function onFormSubmit(e) {
         const r = e.response;
         UrlFetchApp.fetch("THE URL", {
           method: "post",
           contentType: "application/json",
           payload: JSON.stringify({
             source: "google-forms-apps-script",
             formId: e.source.getId(),
             responseId: r.getId(),
             submittedAt: r.getTimestamp().toISOString(),
             respondentEmail: r.getRespondentEmail(),
             answers: r.getItemResponses().map(i => ({
               title: i.getItem().getTitle(), type: String(i.getItem().getType()), response: i.getResponse()})),
           }),
         });
       }

3. In the script, go to Triggers → Add trigger. Choose onFormSubmit, from form, on form submit, and grant the
   requested permissions.
4. In the settings of the form, choose "Collect email addresses: verified". The address of the Google account is the
   most reliable one.

**Events**

* Response → Form Submitted
* Response without an e-mail address and a phone number → a reject with the reason `missing_identity`

Consent is recorded only for questions that you name when you connect, for example
`--set 'consents={"Newsletter?": "email"}'`.

**Stored**

* The form ID, and answers to drop-downs, scales and ratings.
* Other choices and short texts, only if you name the question, for example `--set 'answers=Which size?'`. Other
  choices can contain a typed "other" option.
* Contact data: the address of the Google account or the first e-mail address, the first phone number and the names.

**Notes**

* Duplicates: the response ID identifies an event, so a repeated response is stored once.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request, UnknownTopicError
from regulars.channels.drafts.form_answers import FormAnswer
from regulars.channels.drafts.submissions import CONFIG_FIELDS, Submission, build_submission_draft
from regulars.channels.fields.event_times import parse_time
from regulars.channels.fields.json_values import as_object, list_objects, parse_json
from regulars.channels.signatures.shared_secret import (
    TOKEN_PARAMETER,
    build_token_sample,
    check_token,
)

CHANNEL_NAME = "google-forms"
# The form defines each answer to these questions. A respondent may have typed any other answer.
# A tuple, because a type in a delivery may be unhashable.
_CHOICE_TYPES = ("LIST", "SCALE", "RATING")


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (a delivery has no signing time)
    """Check the token of the URL or of a bearer, because the script does not sign deliveries."""
    check_token(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """Return one `Form Submitted` event."""
    body = as_object(parse_json(request.body))
    response_id = body.get("responseId")
    if not isinstance(response_id, str) or not response_id:
        raise UnknownTopicError
    submission = Submission(
        key=(str(body.get("formId")), response_id),
        at=parse_time(body.get("submittedAt")),
        form_id=body.get("formId"),
        answers=list(_list_answers(body)),
        email=body.get("respondentEmail"),
    )
    return [build_submission_draft(CHANNEL_NAME, request, submission)]


def build_sample(blank: Request, secret: str) -> Request:
    """Return a delivery with an unknown topic, which becomes a reject."""
    return build_token_sample(blank, secret, b'{"formId":"test"}', "application/json")


def _list_answers(body: dict[str, Any]) -> Iterator[FormAnswer]:
    for item in list_objects(body.get("answers")):
        title = item.get("title")
        if isinstance(title, str) and title.strip():
            kind = "choice" if item.get("type") in _CHOICE_TYPES else "text"
            yield FormAnswer((title.strip(),), item.get("response"), kind)


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Google Forms",
    page=__doc__,
    secret=GeneratedSecret(url_parameter=TOKEN_PARAMETER),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    config_fields=CONFIG_FIELDS,
)
