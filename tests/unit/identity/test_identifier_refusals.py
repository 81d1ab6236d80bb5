"""A value that identifies nobody is explained with its reason."""

import pytest

from regulars.identity.identifier_refusals import (
    LENGTH_TEXT,
    NO_ADDRESS_TEXT,
    PHONE_TEXT,
    PLACEHOLDER_ADDRESS_TEXT,
    PLACEHOLDER_ID_TEXT,
    explain_unknown,
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("noreply@shop.example", PLACEHOLDER_ADDRESS_TEXT),
        (" Test@Test.com ", PLACEHOLDER_ADDRESS_TEXT),
        ("a@b.example, c@d.example", NO_ADDRESS_TEXT),
        ("+4900000000", PHONE_TEXT),
        ("1234567890", PHONE_TEXT),
        ("undefined", PLACEHOLDER_ID_TEXT),
        ("x" * 300, LENGTH_TEXT),
        ("{{user_id}}", PLACEHOLDER_ID_TEXT),
        ("00000000-0000-0000-0000-000000000000", PLACEHOLDER_ID_TEXT),
    ],
)
def test_worthless_value_is_explained(text: str, reason: str) -> None:
    assert reason in explain_unknown(text, "GB")


@pytest.mark.parametrize("text", ["10023456", "@ann"])
def test_id_that_looks_like_an_address_may_still_be_an_id(text: str) -> None:
    assert explain_unknown(text, "GB").startswith(f"No person has the id {text}, and as a")


@pytest.mark.parametrize(
    "text", ["", "ann@example.com", "+4915112345678", "guest_8842", "p_ip2qeeujmigq2nsf"]
)
def test_value_that_can_name_somebody_is_not_explained(text: str) -> None:
    assert explain_unknown(text, "GB") == ""
