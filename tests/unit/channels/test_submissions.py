"""Test online forms: they identify the person and store choices, and no typed text."""

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
KEY = "live-key"
TIME = "2026-11-20T09:00:00Z"
FRIEND_ADDRESS = "friend@example.com"
SIGNATURE_HEADERS = {
    "typeform": ("typeform-signature", "sha256="),
    "tally": ("tally-signature", ""),
}

type Question = tuple[str, str, Any]  # the title, the kind and the answer

QUESTIONS: tuple[Question, ...] = (
    ("Your email", "email", f" {EMAIL_ADDRESS.title()} "),
    ("First name", "text", "Zebedee"),
    ("Phone", "phone", "020 7946 0018"),
    ("Tell us more", "text", CANARY),
    ("A friend's e-mail", "email", FRIEND_ADDRESS),
)


def build_delivery(
    channel: str, questions: tuple[Question, ...] = QUESTIONS, **config: Any
) -> Request:
    """Return a submission in the shape of the provider."""
    builders = {
        "typeform": _build_typeform_delivery,
        "tally": _build_tally_delivery,
        "jotform": _build_jotform_delivery,
        "google-forms": _build_google_delivery,
    }
    return msgspec.structs.replace(
        builders[channel](questions), config=config, default_country="GB"
    )


def _build_typeform_delivery(questions: tuple[Question, ...]) -> Request:
    types = {"phone": "phone_number"}
    answers, fields = [], []
    for index, (title, kind, value) in enumerate(questions):
        type_ = types.get(kind, kind)
        answer = {"label": value} if kind == "choice" else value
        answers.append({"type": type_, type_: answer, "field": {"id": f"f{index}", "type": type_}})
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


def _build_tally_delivery(questions: tuple[Question, ...]) -> Request:
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
    data = {"formId": "form1", "createdAt": TIME, "fields": fields}
    return json_delivery({"eventId": "e1", "eventType": "FORM_RESPONSE", "data": data})


def _build_jotform_delivery(questions: tuple[Question, ...]) -> Request:
    raw: dict[str, Any] = {"submitDate": str(EVENT_EPOCH * 1000), "ip": "203.0.113.9"}
    for index, (title, kind, value) in enumerate(questions):
        answer = {"full": value} if kind == "phone" else value
        raw[f"q{index}_{title}"] = answer
    return form_delivery({"submissionID": "6", "formID": "form1", "rawRequest": json.dumps(raw)})


def _build_google_delivery(questions: tuple[Question, ...]) -> Request:
    types = {"choice": "LIST"}
    answers = [
        {"title": title, "type": types.get(kind, "TEXT"), "response": value}
        for title, kind, value in questions
    ]
    body = {"formId": "form1", "responseId": "r1", "submittedAt": TIME, "answers": answers}
    return json_delivery(body)


FORM_CHANNELS = ("typeform", "tally", "jotform", "google-forms")
CHOICE_CHANNELS = ("typeform", "tally", "google-forms")


@pytest.mark.parametrize("channel", FORM_CHANNELS)
def test_form_identifies_the_person_and_stores_no_typed_text(channel: str) -> None:
    (draft,) = translate_drafts(channel, build_delivery(channel))
    assert draft.event.occurred_at == "2026-11-20T09:00:00.000Z"
    assert identifier_values([draft])[0][:2] == (EMAIL_ADDRESS, "+442079460018")
    assert draft.contact["first_name"] == "Zebedee"
    event_text = encode_event(draft.event).decode().lower()
    assert [
        word for word in ("canary", "zebedee", "7946", "friend", "203.0") if word in event_text
    ] == []


@pytest.mark.parametrize("channel", FORM_CHANNELS)
def test_person_has_only_the_first_address(channel: str) -> None:
    (draft,) = translate_drafts(channel, build_delivery(channel))
    assert FRIEND_ADDRESS not in identifier_values([draft])[0]


@pytest.mark.parametrize("channel", CHOICE_CHANNELS)
def test_choice_is_stored_when_the_form_defines_its_text(channel: str) -> None:
    request = build_delivery(channel, (*QUESTIONS, ("Which size?", "choice", "Large")))
    (answer,) = translate_event(channel, request).properties["answers"].values()
    assert answer in ("Large", ["Large"])


@pytest.mark.parametrize("channel", FORM_CHANNELS)
def test_typed_answer_is_stored_when_it_is_configured_and_short(channel: str) -> None:
    questions = (*QUESTIONS, ("Size", "text", "44"), ("Notes", "text", "x" * 65))
    event = translate_event(channel, build_delivery(channel, questions, answers=["Size", "Notes"]))
    assert list(event.properties["answers"].values()) == ["44"]


@pytest.mark.parametrize("channel", FORM_CHANNELS)
@pytest.mark.parametrize(
    ("consent", "answer", "expected"),
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
def test_consent_is_granted_by_a_yes_to_a_configured_question(
    channel: str, consent: object, answer: str, expected: list[tuple[str, str]]
) -> None:
    request = build_delivery(
        channel, (*QUESTIONS, ("News?", "choice", answer)), consents={"News?": consent}
    )
    assert consent_statuses(translate_event(channel, request)) == expected
    assert (
        consent_statuses(translate_event(channel, msgspec.structs.replace(request, config={})))
        == []
    )


@pytest.mark.parametrize("channel", FORM_CHANNELS)
@pytest.mark.parametrize(("wording", "expected"), [("2026-05", "2026-05"), (None, ""), (7, "")])
def test_consent_has_the_configured_version_of_the_wording(
    channel: str, wording: object, expected: str
) -> None:
    question = {"channel": "email", "wording": wording}
    request = build_delivery(
        channel, (*QUESTIONS, ("News?", "choice", "Yes")), consents={"News?": question}
    )
    (consent,) = translate_event(channel, request).consents
    assert consent.wording == expected


@pytest.mark.parametrize("channel", FORM_CHANNELS)
def test_config_determines_the_contact_field_of_a_question(channel: str) -> None:
    questions = (("Where do we reach you?", "text", EMAIL_ADDRESS),)
    request = build_delivery(channel, questions, fields='{"Where do we reach you?": "email"}')
    assert EMAIL_ADDRESS in identifier_values(translate_drafts(channel, request))[0]


@pytest.mark.parametrize("channel", ["typeform", "tally"])
def test_hidden_fields_become_the_campaign_and_the_user_id(channel: str) -> None:
    (draft,) = translate_drafts(channel, build_delivery(channel))
    assert draft.event.properties["utm_source"] == "news"
    assert ("user_id", "u-77") in [
        (identifier.namespace, identifier.value) for identifier in draft.identifiers
    ]


@pytest.mark.parametrize("channel", ["jotform", "google-forms"])
def test_form_is_rejected_when_it_identifies_nobody(channel: str) -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_drafts(channel, build_delivery(channel, (("Your email", "text", CANARY),)))
    assert raised.value.code == "missing_identity"


@pytest.mark.parametrize("channel", FORM_CHANNELS)
def test_unknown_topic_is_rejected(channel: str) -> None:
    request = (
        form_delivery({"a": "b"})
        if channel == "jotform"
        else json_delivery({"event_type": "other"})
    )
    with pytest.raises(InvalidEventError) as raised:
        translate_drafts(channel, request)
    assert raised.value.code == "unknown_topic"


def test_partial_typeform_response_is_marked() -> None:
    body = json.loads(build_delivery("typeform").body) | {"event_type": "form_response_partial"}
    assert translate_event("typeform", json_delivery(body)).properties["partial"] is True


def test_address_of_the_google_account_precedes_a_typed_address() -> None:
    body = json.loads(build_delivery("google-forms").body) | {"respondentEmail": FRIEND_ADDRESS}
    assert (
        identifier_values(translate_drafts("google-forms", json_delivery(body)))[0][0]
        == FRIEND_ADDRESS
    )
    assert (
        EMAIL_ADDRESS
        not in identifier_values(translate_drafts("google-forms", json_delivery(body)))[0]
    )


def test_jotform_name_and_phone_are_joined_from_parts() -> None:
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
def test_signature_covers_the_raw_body(channel: str, secrets: tuple[str, ...]) -> None:
    name, prefix = SIGNATURE_HEADERS[channel]
    request = json_delivery({"name": "é"})
    signature = base64.b64encode(hmac.digest(KEY.encode(), request.body, "sha256")).decode()
    signed = msgspec.structs.replace(request, headers={name: prefix + signature})
    load_channel(channel).verify(signed, secrets, NOW)
    with pytest.raises(SignatureError) as raised:
        load_channel(channel).verify(msgspec.structs.replace(signed, body=b"{}"), secrets, NOW)
    assert raised.value.reason == "signature"


@pytest.mark.parametrize(
    "channel",
    [typeform.CHANNEL, tally.CHANNEL, jotform.CHANNEL, google_forms.CHANNEL],
    ids=lambda channel: channel.name,
)
def test_sample_is_verified_and_rejected_as_unknown_topic(channel: Channel) -> None:
    request = build_sample_delivery(channel, json_delivery({}), KEY)
    channel.verify(request, (KEY,), NOW)
    with pytest.raises(InvalidEventError) as raised:
        channel.translate(request)
    assert raised.value.code == "unknown_topic"


@pytest.mark.parametrize(
    "channel",
    [typeform.CHANNEL, tally.CHANNEL, jotform.CHANNEL, google_forms.CHANNEL],
    ids=lambda channel: channel.name,
)
def test_delivery_is_rejected_without_a_signature(channel: Channel) -> None:
    with pytest.raises(SignatureError) as raised:
        channel.verify(json_delivery({}), (KEY,), NOW)
    assert raised.value.reason == "missing"
