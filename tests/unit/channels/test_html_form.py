"""Test HTML forms in the encodings of browsers."""

from datetime import UTC, datetime

import pytest

from regulars.channels.contract import Draft, Request
from regulars.channels.forms.html_form import translate_delivery, verify_delivery
from regulars.domain.errors import InvalidEventError, InvalidRequestError, SignatureError
from regulars.domain.events import encode_event

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URLENCODED_TYPE = "application/x-www-form-urlencoded"
URLENCODED_BODY = (
    b"name=Zeb%C3%A9dee+Canary&email=+Zebedee%40Example.com+&phone=020+7946+0018"
    b"&message=line1%0D%0Acanary&topics%5B%5D=tea&topics%5B%5D=cups&consent=on&_gotcha="
)
MULTIPART_BODY = "\r\n".join(
    [
        *("--xyz", 'Content-Disposition: form-data; name="email"', "", "zebedee@example.com"),
        *("--xyz", 'Content-Disposition: form-data; name="first_name"', "", "Zebédee"),
        *("--xyz", 'Content-Disposition: form-data; name="cv"; filename="canary.txt"'),
        *("Content-Type: text/plain", "", "canary", "--xyz--", ""),
    ]
).encode()


def build_request(body: bytes, kind: str = URLENCODED_TYPE, **query: str) -> Request:
    return Request(
        source="contact",
        body=body,
        received_at=NOW,
        headers={"content-type": kind},
        query=query,
        default_country="GB",
    )


def translate_form(body: bytes, kind: str = URLENCODED_TYPE) -> Draft:
    (form_draft,) = translate_delivery(build_request(body, kind))
    return form_draft


def test_form_has_contact_consent_and_choices() -> None:
    form_draft = translate_form(URLENCODED_BODY)
    assert form_draft.contact == {
        "email": "zebedee@example.com",
        "phone": "+442079460018",
        "name": "Zebédee Canary",
    }
    assert [
        (change.channel, change.status, change.basis) for change in form_draft.event.consents
    ] == [("email", "granted", "form")]
    assert form_draft.event.properties == {"topics": ["tea", "cups"]}


def test_event_contains_no_typed_text() -> None:
    event_text = encode_event(translate_form(URLENCODED_BODY).event).decode().lower()
    assert [word for word in ("zeb", "canary", "line1", "7946") if word in event_text] == []


def test_multipart_form_is_translated_without_its_files() -> None:
    form_draft = translate_form(MULTIPART_BODY, "multipart/form-data; boundary=xyz")
    assert form_draft.contact == {"email": "zebedee@example.com", "first_name": "Zebédee"}


@pytest.mark.parametrize("value", ["off", "no", "0", ""])
def test_consent_is_not_granted_when_the_box_is_not_ticked(value: str) -> None:
    assert translate_form(f"email=a%40example.com&consent={value}".encode()).event.consents == ()


def test_equal_answers_are_two_events_when_the_hidden_id_differs() -> None:
    first, second = (
        translate_form(f"email=a%40example.com&_id={number}".encode()) for number in (1, 2)
    )
    assert first.event.id != second.event.id
    assert translate_form(URLENCODED_BODY).event.id == translate_form(URLENCODED_BODY).event.id


def test_equal_answers_are_one_event_when_the_boundary_differs() -> None:
    first = translate_form(MULTIPART_BODY, "multipart/form-data; boundary=xyz")
    second = translate_form(
        MULTIPART_BODY.replace(b"--xyz", b"--abc"), "multipart/form-data; boundary=abc"
    )
    assert first.event.id == second.event.id


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"no form", URLENCODED_TYPE),
        (b"\xff=\xfe", URLENCODED_TYPE),
        (b"&".join([b"a=1"] * 201), URLENCODED_TYPE),
        (b"email=" + b"a" * 2_000_000, URLENCODED_TYPE),
        (b"none", "multipart/form-data"),
        (MULTIPART_BODY[:-8], "multipart/form-data; boundary=xyz"),
        (
            b"".join(
                b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (level, level + 1)
                for level in range(2_000)
            ),
            "multipart/form-data; boundary=0",
        ),
    ],
)
def test_request_is_invalid_when_its_body_is_not_a_form(body: bytes, kind: str) -> None:
    with pytest.raises(InvalidRequestError):
        translate_delivery(build_request(body, kind))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (URLENCODED_BODY + b"x", "honeypot"),
        (b"name=Zebedee", "missing_identity"),
        (b"", "missing_identity"),
    ],
)
def test_form_is_rejected_when_a_bot_or_nobody_submits_it(body: bytes, code: str) -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_delivery(build_request(body))
    assert raised.value.code == code


@pytest.mark.parametrize("name", ["key", "token"])
def test_form_is_verified_by_the_key_in_the_url(name: str) -> None:
    verify_delivery(build_request(URLENCODED_BODY, **{name: "k1"}), ["k2", "k1"], NOW)


def test_form_is_verified_by_the_key_in_a_hidden_field() -> None:
    verify_delivery(build_request(URLENCODED_BODY + b"&_key=k1"), ["k1"], NOW)


@pytest.mark.parametrize(("key", "reason"), [("", "missing"), ("k", "signature")])
def test_form_is_rejected_when_its_key_is_missing_or_wrong(key: str, reason: str) -> None:
    with pytest.raises(SignatureError) as raised:
        verify_delivery(build_request(URLENCODED_BODY, key=key), ["k1"], NOW)
    assert raised.value.reason == reason
