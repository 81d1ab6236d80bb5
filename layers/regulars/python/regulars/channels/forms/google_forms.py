"""Google Forms: every form that was filled in, sent by a few lines of Apps Script with a token of yours.

Set it up
* Google Forms has no webhooks; a script of yours sends each response. Run `regulars connect google-forms`; it makes up a
  token and prints the URL with it. Whoever knows the URL is believed, so keep it.
* In the form: ⋮ → Apps Script. Paste this, with the URL, and save:

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

* In the script: Triggers → Add trigger → onFormSubmit, from form, on form submit. Allow what it asks for.
* In the form's settings, "Collect email addresses: verified" gives the best address there is: that of the Google account.

Events
* A response → Form Submitted. Without an e-mail address or a phone it is set aside as missing_identity.
* Consent is taken only from questions you name in the source's config: {"consents": {"Newsletter?": "email"}}.

What is stored
* The form's id, and answers to drop-downs, scales and ratings. Other choices may hold an "other" that was typed, so they
  are kept, like short texts, only when you name the question: {"answers": ["Which size?"]}.
* The account's address, or the first that was given, the first phone and the names go to the person's contact data.
* The response's id makes it one event, however often it is sent.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from regulars.channels.contract import Channel, Draft, GeneratedSecret, Request
from regulars.channels.drafts import submissions as form_answers
from regulars.channels.drafts.submissions import Answer, Submission, submission_draft
from regulars.channels.fields.event_times import parsed
from regulars.channels.fields.json_values import an_object, objects, read_json
from regulars.channels.signatures.shared_secret import TOKEN, check_token, token_sample
from regulars.domain.errors import InvalidEventError

CHANNEL_NAME = "google-forms"
# Of these every possible answer is the form's own; the others may have been typed.
_CHOSEN = ("LIST", "SCALE", "RATING")  # unlike a set, asked of anything


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (it carries no time)
    """A script signs nothing: a live token is in the URL, or comes as a bearer's."""
    check_token(request, secrets)


def translate_delivery(request: Request) -> list[Draft]:
    """One `Form Submitted`."""
    body = an_object(read_json(request.body))
    response_id = body.get("responseId")
    if not isinstance(response_id, str) or not response_id:
        raise InvalidEventError("Nothing is known to do with this topic.", "unknown_topic")
    submission = Submission(
        key=(str(body.get("formId")), response_id),
        at=parsed(body.get("submittedAt")),
        form_id=body.get("formId"),
        answers=list(_answers(body)),
        email=body.get("respondentEmail"),
    )
    return [submission_draft(CHANNEL_NAME, request, submission)]


def build_sample(blank: Request, secret: str) -> Request:
    """A delivery of a topic nobody knows, which is set aside."""
    return token_sample(blank, secret, b'{"formId":"test"}', "application/json")


def _answers(body: dict[str, Any]) -> Iterator[Answer]:
    for told in objects(body.get("answers")):
        title = told.get("title")
        if isinstance(title, str) and title.strip():
            kind = "choice" if told.get("type") in _CHOSEN else "text"
            yield Answer((title.strip(),), told.get("response"), kind)


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Google Forms",
    page=__doc__,
    secret=GeneratedSecret(url_parameter=TOKEN),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    config_fields=form_answers.CONFIG_FIELDS,
)
