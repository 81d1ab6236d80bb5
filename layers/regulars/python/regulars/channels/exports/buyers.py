"""Read the person that a row names: identifiers and contact data."""

import re

from regulars.channels.exports.cells import is_rounded_number
from regulars.channels.exports.contract import File
from regulars.channels.fields.numbers import strip_apostrophe
from regulars.channels.fields.person import PersonBuilder

_COUNTRY_CODE = re.compile(r"[A-Za-z]{2}")


def add_customer_id(person: PersonBuilder, file: File, customer_id: str) -> None:
    """Add the customer's id in a file of no channel: the user id, or a customer number of the account of the file."""
    if file.account:
        person.add_identifier("customer", customer_id, f"file/{file.account}")
    else:
        person.add_identifier("user_id", customer_id)


def build_buyer(
    file: File, customer: str = "", store: str = "", country: str = "", **contact: str
) -> PersonBuilder:
    """Return the person that a line names; `country` is that of a phone number in national format."""
    code = strip_apostrophe(country).upper()
    person = PersonBuilder(code if _COUNTRY_CODE.fullmatch(code) else file.default_country)
    person.add_identifier("customer", strip_apostrophe(customer), store)
    contact_fields = {name: strip_apostrophe(text) for name, text in contact.items()}
    if is_rounded_number(contact_fields.get("phone", "")):
        del contact_fields["phone"]
    person.add_contact(contact_fields)
    return person
