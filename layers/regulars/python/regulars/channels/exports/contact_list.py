"""Import contacts from any system: a list of e-mail addresses or phone numbers.

**Create the file**

Write one row for each contact, with these headings:

* Required: `Email` or `Phone`
* Optional: `Name` (or `First Name` and `Last Name`), `customer_id`, `Opt in` (yes or no) and `Date`, the day on which
  the person answered

**Stored**

* `customer_id` as an identifier: your own user ID, or with `--account till` the number of a customer in that system.
* E-mail address, phone number and name as contact data.
* `Opt in`: a tick or a *yes* grants the consent to e-mail, and a *no* withdraws it. Without a date, any consent with
  a date takes precedence.

**Not stored**: all other columns.
"""

import re

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import add_customer_id, build_buyer
from regulars.channels.exports.cells import parse_yes_no
from regulars.channels.exports.contract import ExportFormat, File, Line, build_line_translator
from regulars.channels.exports.event_drafts import build_export_draft
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.exports.times import UNDATED_TIME, parse_export_day
from regulars.domain.events import ConsentChange

_COLUMNS = {
    "email": "Email|E-Mail|Email Address|E-Mail Address|Mail",
    "phone": "Phone|Mobile|Phone Number|Mobile Number|Mobile Phone|Telephone",
    "customer_id": "customer_id|user_id",
    "name": "Name|Full Name",
    "first_name": "First Name|FirstName|first_name|Given Name",
    "last_name": "Last Name|LastName|last_name|Surname|Family Name",
    "consent": "Opt in|Opt-in|Consent|Marketing Consent|Newsletter|Subscribed|Accepts Marketing",
    "date": "Date|Consent Date|Opt-in Date|Created|Created at|created_at",
}
# A file with such a column lists orders, whose rows name a person too.
_ORDER_COLUMNS = re.compile(
    r"order[ _#](id|number|total|status|date)?|product_id|unit_price|lineitem .*|financial status|net sales|amount refunded"
)


def translate_line(line: Line, file: File) -> list[Draft]:
    """Return the update of one contact; refuse a line without an e-mail address, a phone number or an id."""
    fields = line.fields
    contact = {name: fields[name] for name in ("email", "phone", "name", "first_name", "last_name")}
    person = build_buyer(file, **contact)
    add_customer_id(person, file, fields["customer_id"].strip())
    if not person.identifiers:
        raise RefusedLineError("missing_customer")
    at = parse_export_day(fields["date"], file)
    consents = _build_consents(fields["consent"], at or UNDATED_TIME)
    draft = build_export_draft(
        file, "Customer Updated", ("import", at), person, ("contact",), consents=consents
    )
    return [draft]


def _build_consents(answer_text: str, at: str) -> tuple[ConsentChange, ...]:
    answer = parse_yes_no(answer_text)
    if answer is None:
        return ()
    status = "granted" if answer else "denied"
    return (ConsentChange(channel="email", status=status, at=at, basis="import"),)


EXPORT_FORMAT = ExportFormat(
    title="Contacts",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=("email|phone",),
    key_columns=("email", "phone"),
    translate=build_line_translator(translate_line),
    describes_people=True,
    excluded_columns=_ORDER_COLUMNS,
)
