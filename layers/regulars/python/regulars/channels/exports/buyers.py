"""Read the person that a row names: identifiers and contact data."""

import re

from regulars.channels.exports.contract import File
from regulars.channels.fields.numbers import strip_apostrophe
from regulars.channels.fields.person import Person

_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{2}")


def buyer(
    file: File, customer: str = "", store: str = "", country: str = "", **contact: str
) -> Person:
    """Who a line names; the country is that of a phone number written the national way."""
    code = strip_apostrophe(country).upper()
    person = Person(code if _CODE.fullmatch(code) else file.default_country)
    person.add("customer", strip_apostrophe(customer), store)
    said = {name: strip_apostrophe(text) for name, text in contact.items()}
    if _ROUNDED.fullmatch(said.get("phone", "")):
        del said["phone"]  # a spreadsheet program made another number of it
    person.describe(said)
    return person
