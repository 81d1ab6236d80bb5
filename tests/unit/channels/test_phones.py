"""Test that a phone number is one that somebody can have, in one form."""

import pytest

from regulars.channels.fields.phones import to_e164


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("020 7946 0018", "GB", "+442079460018"),
        ("+44 (0)20 7946 0018", "", "+442079460018"),
        ("'+31612345678", "DE", "+31612345678"),
        ("whatsapp:+33612345678", "", "+33612345678"),
        ("+1 415 555 0100", "", "+14155550100"),
        ("+55 31 98812-3456", "", "+5531988123456"),
        ("whatsapp:+553188123456", "", "+5531988123456"),
        ("+5213312345678", "", "+523312345678"),
    ],
)
def test_number_is_the_same_however_it_was_written(text: str, country: str, number: str) -> None:
    assert to_e164(text, country) == number


@pytest.mark.parametrize(
    ("text", "country"),
    [
        *(("0000000000", "US"), ("000 000 0000", "DE"), ("1234567890", "US"), ("1234567890", "GB")),
        *(("0123456789", "FR"), ("9876543210", "IN"), ("0987654321", "VN"), ("123456789", "DE")),
        *(
            ("9999999999", "IN"),
            ("07777777777", "GB"),
            ("(555) 555-5555", "US"),
            ("555-1212", "US"),
        ),
        *(("+447700900123", ""), ("+12345678901", ""), ("987654321", "PL"), ("12", "GB")),
        *(("020 7946 0018", ""), ("nobody", "GB"), ("", "GB"), ("1" * 40, "US")),
    ],
)
def test_number_that_nobody_has_is_refused(text: str, country: str) -> None:
    assert to_e164(text, country) == ""
