"""Explain why a value identifies nobody: the reasons of the table in docs/identity.md, in words for the owner."""

import re

from regulars.channels.fields.phones import to_e164
from regulars.domain.email_addresses import clean_email_address
from regulars.domain.identifiers import MAX_ID_CHARACTERS, list_identifiers

_PHONE_PATTERN = re.compile(r"(whatsapp:)?[+(]*\d[\d ()./+-]{5,}\d")
MAX_SHOWN_CHARACTERS = 60
LENGTH_TEXT = f"an identifier has at most {MAX_ID_CHARACTERS} characters"
NO_ADDRESS_TEXT = "it is not one well-formed e-mail address"
PLACEHOLDER_ADDRESS_TEXT = (
    "nobody reads mail at such an address, or many people enter it (noreply@, test@test.com)"
)
PHONE_TEXT = (
    "no numbering plan assigns this number, or it is a run of digits; "
    "write a number of another country with its country code"
)
PLACEHOLDER_ID_TEXT = (
    "programs send such a value when they have no id: a word for nothing, a template or zeros"
)


def explain_refusal(namespace: str, value: str, country: str) -> str:
    """Return why a value is no identifier of this kind, '' when it is one.

    >>> explain_refusal("user_id", "{{user_id}}", "GB").partition(":")[0]
    'programs send such a value when they have no id'
    """
    if namespace == "phone":
        return "" if to_e164(value, country) else PHONE_TEXT
    if list_identifiers(namespace, value):
        return ""
    if len(value.strip()) > MAX_ID_CHARACTERS:
        return LENGTH_TEXT
    if namespace == "email" and not clean_email_address(value):
        return NO_ADDRESS_TEXT
    return PLACEHOLDER_ADDRESS_TEXT if "@" in value else PLACEHOLDER_ID_TEXT


def explain_unknown(text: str, country: str) -> str:
    """Return in a sentence why a text of the owner names nobody, '' when it may name somebody who is not known."""
    text = text.strip()
    if not text:
        return ""
    shown = text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…"
    if reason := explain_refusal("user_id", text, country):
        return f"{shown} identifies nobody: {reason}."
    namespace, kind = ("email", "an e-mail address") if "@" in text else ("phone", "a phone number")
    may_be_address = "@" in text or _PHONE_PATTERN.fullmatch(text)
    reason = explain_refusal(namespace, text, country) if may_be_address else ""
    return reason and f"No person has the id {shown}, and as {kind} it identifies nobody: {reason}."
