"""Online forms tell who filled them in and what they chose; what was typed never leaves the door."""

import base64
import hmac
import json
from typing import Any

import msgspec
import pytest

from regulars.channels.contract import Channel, Request
from regulars.channels.forms import google_forms, jotform, tally, typeform
from regulars.channels.registry import load_channel
from regulars.domain.errors import InvalidEventError, SignatureError
from regulars.domain.events import encode_event
from tests.support.deliveries import (
    EMAIL_ADDRESS,
    EVENT_EPOCH,
    NOW,
    build_sample_delivery,
    consent_statuses,
    form_delivery,
    identifier_values,
    json_delivery,
    translate_drafts,
    translate_event,
)

CANARY = "A canary sings of aunt Zebedee, 7 Elm Street"
KEY = "key-of-our-own"
TIME = "2026-11-20T09:00:00Z"
FRIEND_EMAIL = "friend@example.com"
SIGNATURE_HEADERS = {
    "typeform": ("typeform-signature", "sha256="),
    "tally": ("tally-signature", ""),
}

type Question = tuple[str, str, Any]  # what it is called, its kind, its answer

QUESTIONS: tuple[Question, ...] = (
    ("Your email", "email", f" {EMAIL_ADDRESS.title()} "),
    ("First name", "text", "Zebedee"),
    ("Phone", "phone", "020 7946 0018"),
    ("Tell us more", "text", CANARY),
    ("A friend's e-mail", "email", FRIEND_EMAIL),
)


def submission_delivery(
    channel: str, questions: tuple[Question, ...] = QUESTIONS, **config: Any
) -> Request:
    """A form as it was filled in, in the provider's own shape."""
    made = {"typeform": _typeform, "tally": _tally, "jotform": _jotform, "google-forms": _google}
    return msgspec.structs.replace(made[channel](questions), config=config, default_country="GB")


def _typeform(questions: tuple[Question, ...]) -> Request:
    types = {"phone": "phone_number"}
    answers, fields = [], []
    for index, (title, kind, value) in enumerate(questions):
        type_ = types.get(kind, kind)
        said = {"label": value} if kind == "choice" else value
        answers.append({"type": type_, type_: said, "field": {"id": f"f{index}", "type": type_}})
        fields.append({"id": f"f{index}", "title": title})
    response: dict[str, Any] = {
        "form_id": "form1",
        "token": "t1",
        "submitted_at": TIME,
        "answers": answers,
    }
    response |= {
        "definition": {"fields": fields},
        "hidden": {"utm_source": "news", "user_id": "u-77"},
    }
    return json_delivery(
        {"event_id": "e1", "event_type": "form_response", "form_response": response}
    )


def _tally(questions: tuple[Question, ...]) -> Request:
    types = {"email": "INPUT_EMAIL", "phone": "INPUT_PHONE_NUMBER", "choice": "MULTIPLE_CHOICE"}
    fields: list[dict[str, Any]] = []
    for title, kind, value in questions:
        field = {"label": title, "type": types.get(kind, "TEXTAREA"), "value": value}
        if kind == "choice":
            field |= {"value": ["o1", "o2"], "options": [{"id": "o1", "text": value}]}
            field["options"].append({"id": "o2", "text": CANARY, "isOtherOption": True})
        fields.append(field)
    fields += [
        {"label": name, "type": "HIDDEN_FIELDS", "value": value}
        for name, value in (("utm_source", "news"), ("user_id", "u-77"))
    ]
    said = {"formId": "form1", "createdAt": TIME, "fields": fields}
    return json_delivery({"eventId": "e1", "eventType": "FORM_RESPONSE", "data": said})


def _jotform(questions: tuple[Question, ...]) -> Request:
    raw: dict[str, Any] = {"submitDate": str(EVENT_EPOCH * 1000), "ip": "203.0.113.9"}
    for index, (title, kind, value) in enumerate(questions):
        said = {"full": value} if kind == "phone" else value
        raw[f"q{index}_{title}"] = said
    return form_delivery({"submissionID": "6", "formID": "form1", "rawRequest": json.dumps(raw)})


def _google(questions: tuple[Question, ...]) -> Request:
    types = {"choice": "LIST"}
    answers = [
        {"title": title, "type": types.get(kind, "TEXT"), "response": value}
        for title, kind, value in questions
    ]
    said = {"formId": "form1", "responseId": "r1", "submittedAt": TIME, "answers": answers}
    return json_delivery(said)


FORMS = ("typeform", "tally", "jotform", "google-forms")
WITH_CHOICES = ("typeform", "tally", "google-forms")


@pytest.mark.parametrize("channel", FORMS)
def test_form_tells_who_filled_it_in_and_not_what_was_typed(channel: str) -> None:
    (draft,) = translate_drafts(channel, submission_delivery(channel))
    assert draft.event.occurred_at == "2026-11-20T09:00:00.000Z"
    assert identifier_values([draft])[0][:2] == (EMAIL_ADDRESS, "+442079460018")
    assert draft.contact["first_name"] == "Zebedee"
    said = encode_event(draft.event).decode().lower()
    assert [word for word in ("canary", "zebedee", "7946", "friend", "203.0") if word in said] == []


@pytest.mark.parametrize("channel", FORMS)
def test_only_the_first_address_is_the_person_s(channel: str) -> None:
    (draft,) = translate_drafts(channel, submission_delivery(channel))
    assert FRIEND_EMAIL not in identifier_values([draft])[0]


@pytest.mark.parametrize("channel", WITH_CHOICES)
def test_choice_of_the_form_s_own_words_is_kept(channel: str) -> None:
    request = submission_delivery(channel, (*QUESTIONS, ("Which size?", "choice", "Large")))
    (answer,) = translate_event(channel, request).properties["answers"].values()
    assert answer in ("Large", ["Large"])


@pytest.mark.parametrize("channel", FORMS)
def test_typed_answer_is_kept_only_when_it_is_named_and_short(channel: str) -> None:
    questions = (*QUESTIONS, ("Size", "text", "44"), ("Notes", "text", "x" * 65))
    event = translate_event(
        channel, submission_delivery(channel, questions, answers=["Size", "Notes"])
    )
    assert list(event.properties["answers"].values()) == ["44"]


@pytest.mark.parametrize("channel", FORMS)
@pytest.mark.parametrize(
    ("consent", "answer", "wanted"),
    [
        ("email", "Yes", [("email", "granted")]),
        ("email", "I agree to receive mails", [("email", "granted")]),
        ("email", "No", []),
        ("email", "Perhaps", []),
        ({"channel": "sms", "answer": "Text me"}, "Text me", [("sms", "granted")]),
        ({"channel": "sms", "answer": "Text me"}, "Yes", []),
        (7, "Yes", []),
    ],
)
def test_consent_is_a_yes_to_a_question_that_was_named(
    channel: str, consent: object, answer: str, wanted: list[tuple[str, str]]
) -> None:
    request = submission_delivery(
        channel, (*QUESTIONS, ("News?", "choice", answer)), consents={"News?": consent}
    )
    assert consent_statuses(translate_event(channel, request)) == wanted
    assert (
        consent_statuses(translate_event(channel, msgspec.structs.replace(request, config={})))
        == []
    )


@pytest.mark.parametrize("channel", FORMS)
def test_question_asks_for_what_the_config_says(channel: str) -> None:
    questions = (("Where do we reach you?", "text", EMAIL_ADDRESS),)
    request = submission_delivery(channel, questions, fields='{"Where do we reach you?": "email"}')
    assert EMAIL_ADDRESS in identifier_values(translate_drafts(channel, request))[0]


@pytest.mark.parametrize("channel", ["typeform", "tally"])
def test_hidden_fields_name_the_campaign_and_our_own_id(channel: str) -> None:
    (draft,) = translate_drafts(channel, submission_delivery(channel))
    assert draft.event.properties["utm_source"] == "news"
    assert ("user_id", "u-77") in [(each.namespace, each.value) for each in draft.identifiers]


@pytest.mark.parametrize("channel", ["jotform", "google-forms"])
def test_form_of_nobody_is_set_aside(channel: str) -> None:
    with pytest.raises(InvalidEventError) as refused:
        translate_drafts(channel, submission_delivery(channel, (("Your email", "text", CANARY),)))
    assert refused.value.code == "missing_identity"


@pytest.mark.parametrize("channel", FORMS)
def test_other_topic_is_set_aside(channel: str) -> None:
    request = (
        form_delivery({"a": "b"})
        if channel == "jotform"
        else json_delivery({"event_type": "other"})
    )
    with pytest.raises(InvalidEventError) as refused:
        translate_drafts(channel, request)
    assert refused.value.code == "unknown_topic"


def test_partial_typeform_is_marked() -> None:
    body = json.loads(submission_delivery("typeform").body) | {
        "event_type": "form_response_partial"
    }
    assert translate_event("typeform", json_delivery(body)).properties["partial"] is True


def test_google_account_s_address_comes_before_a_typed_one() -> None:
    body = json.loads(submission_delivery("google-forms").body) | {"respondentEmail": FRIEND_EMAIL}
    assert (
        identifier_values(translate_drafts("google-forms", json_delivery(body)))[0][0]
        == FRIEND_EMAIL
    )
    assert (
        EMAIL_ADDRESS
        not in identifier_values(translate_drafts("google-forms", json_delivery(body)))[0]
    )


def test_jotform_name_and_phone_come_in_parts() -> None:
    raw = {
        "q1_email": EMAIL_ADDRESS,
        "q2_name": {"first": "Zebedee", "last": "Canary"},
        "q3_phone": {"area": "020", "phone": "7946 0018"},
    }
    request = form_delivery({"submissionID": "6", "rawRequest": json.dumps(raw)})
    (draft,) = translate_drafts("jotform", msgspec.structs.replace(request, default_country="GB"))
    assert draft.contact == {
        "email": EMAIL_ADDRESS,
        "phone": "+442079460018",
        "first_name": "Zebedee",
        "last_name": "Canary",
    }


@pytest.mark.parametrize("channel", SIGNATURE_HEADERS)
@pytest.mark.parametrize("secrets", [(KEY,), ("other", KEY)])
def test_signature_over_the_raw_bytes_is_believed(channel: str, secrets: tuple[str, ...]) -> None:
    name, prefix = SIGNATURE_HEADERS[channel]
    request = json_delivery({"name": "é"})
    signature = base64.b64encode(hmac.digest(KEY.encode(), request.body, "sha256")).decode()
    signed = msgspec.structs.replace(request, headers={name: prefix + signature})
    load_channel(channel).verify(signed, secrets, NOW)
    with pytest.raises(SignatureError) as refused:
        load_channel(channel).verify(msgspec.structs.replace(signed, body=b"{}"), secrets, NOW)
    assert refused.value.reason == "signature"


@pytest.mark.parametrize(
    "channel",
    [typeform.CHANNEL, tally.CHANNEL, jotform.CHANNEL, google_forms.CHANNEL],
    ids=lambda channel: channel.name,
)
def test_sample_is_believed_and_set_aside(channel: Channel) -> None:
    request = build_sample_delivery(channel, json_delivery({}), KEY)
    channel.verify(request, (KEY,), NOW)
    with pytest.raises(InvalidEventError) as refused:
        channel.translate(request)
    assert refused.value.code == "unknown_topic"


@pytest.mark.parametrize(
    "channel",
    [typeform.CHANNEL, tally.CHANNEL, jotform.CHANNEL, google_forms.CHANNEL],
    ids=lambda channel: channel.name,
)
def test_nothing_shown_is_refused(channel: Channel) -> None:
    with pytest.raises(SignatureError) as refused:
        channel.verify(json_delivery({}), (KEY,), NOW)
    assert refused.value.reason == "missing"
