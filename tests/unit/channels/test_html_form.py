"""HTML forms, as browsers encode them."""

from datetime import UTC, datetime

import pytest

from regulars.channels.contract import Draft, Request
from regulars.channels.forms.html_form import translate_delivery, verify_delivery
from regulars.domain.errors import InvalidEventError, InvalidRequestError, SignatureError
from regulars.domain.events import encode_event

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URLENCODED_TYPE = "application/x-www-form-urlencoded"
FORM_BODY = (
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


def request(body: bytes, kind: str = URLENCODED_TYPE, **query: str) -> Request:
    return Request(
        source="contact",
        body=body,
        received_at=NOW,
        headers={"content-type": kind},
        query=query,
        default_country="GB",
    )


def draft(body: bytes, kind: str = URLENCODED_TYPE) -> Draft:
    (only,) = translate_delivery(request(body, kind))
    return only


def test_form_gives_contact_consent_and_choices() -> None:
    told = draft(FORM_BODY)
    assert told.contact == {
        "email": "zebedee@example.com",
        "phone": "+442079460018",
        "name": "Zebédee Canary",
    }
    assert [(c.channel, c.status, c.basis) for c in told.event.consents] == [
        ("email", "granted", "form")
    ]
    assert told.event.properties == {"topics": ["tea", "cups"]}


def test_what_was_written_is_not_in_the_event() -> None:
    said = encode_event(draft(FORM_BODY).event).decode().lower()
    assert [word for word in ("zeb", "canary", "line1", "7946") if word in said] == []


def test_multipart_form_is_read_without_its_files() -> None:
    told = draft(MULTIPART_BODY, "multipart/form-data; boundary=xyz")
    assert told.contact == {"email": "zebedee@example.com", "first_name": "Zebédee"}


@pytest.mark.parametrize("value", ["off", "no", "0", ""])
def test_consent_is_granted_only_by_a_tick(value: str) -> None:
    assert draft(f"email=a%40example.com&consent={value}".encode()).event.consents == ()


def test_hidden_id_makes_two_equal_answers_two_events() -> None:
    one, two = (draft(f"email=a%40example.com&_id={number}".encode()) for number in (1, 2))
    assert one.event.id != two.event.id
    assert draft(FORM_BODY).event.id == draft(FORM_BODY).event.id


def test_same_answers_are_one_event_whatever_the_boundary() -> None:
    one = draft(MULTIPART_BODY, "multipart/form-data; boundary=xyz")
    other = draft(MULTIPART_BODY.replace(b"--xyz", b"--abc"), "multipart/form-data; boundary=abc")
    assert one.event.id == other.event.id


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
def test_body_that_is_no_form_is_an_invalid_request(body: bytes, kind: str) -> None:
    with pytest.raises(InvalidRequestError):
        translate_delivery(request(body, kind))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (FORM_BODY + b"x", "honeypot"),
        (b"name=Zebedee", "missing_identity"),
        (b"", "missing_identity"),
    ],
)
def test_form_of_a_robot_or_of_nobody_is_no_event(body: bytes, code: str) -> None:
    with pytest.raises(InvalidEventError) as refused:
        translate_delivery(request(body))
    assert refused.value.code == code


@pytest.mark.parametrize("name", ["key", "token"])
def test_key_is_taken_from_the_url(name: str) -> None:
    verify_delivery(request(FORM_BODY, **{name: "k1"}), ["k2", "k1"], NOW)


def test_key_is_taken_from_a_hidden_field() -> None:
    verify_delivery(request(FORM_BODY + b"&_key=k1"), ["k1"], NOW)


@pytest.mark.parametrize(("given", "reason"), [("", "missing"), ("k", "signature")])
def test_form_without_its_key_is_refused(given: str, reason: str) -> None:
    with pytest.raises(SignatureError) as refused:
        verify_delivery(request(FORM_BODY, key=given), ["k1"], NOW)
    assert refused.value.reason == reason
