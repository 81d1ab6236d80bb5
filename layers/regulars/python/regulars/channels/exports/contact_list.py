"""Import contacts from any system: a list of e-mail addresses or phone numbers.

**Create the file**

Write one row for each contact, with these headings:

* Required: `Email` or `Phone`
* Optional: `Name` (or `First Name` and `Last Name`), `customer_id`, `Opt in` (yes or no) and `Date`, the day on which
  the person answered

**Stored**

* `customer_id` as an identifier; e-mail address, phone number and name as contact data.
* `Opt in`: a tick or a *yes* grants the consent to e-mail, and a *no* withdraws it. Without a date, any consent with
  a date takes precedence.

**Not stored**: all other columns.
"""

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import buyer
from regulars.channels.exports.contract import File, Format, Line, by_line
from regulars.channels.exports.drafts import draft_of
from regulars.channels.exports.fields import answer_in
from regulars.channels.exports.refusals import refusal
from regulars.channels.exports.times import UNDATED, day_in
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


def _tell(line: Line, file: File) -> list[Draft]:
    said = line.said
    contact = {name: said[name] for name in ("email", "phone", "name", "first_name", "last_name")}
    person = buyer(file, **contact)
    person.add("user_id", said["customer_id"].strip())
    if not person.identifiers:
        raise refusal("missing_customer")
    at, answer = day_in(said["date"], file), answer_in(said["consent"])
    consents: tuple[ConsentChange, ...] = ()
    if answer is not None:
        status = "granted" if answer else "denied"
        consents = (ConsentChange("email", status, at or UNDATED, "import"),)
    told_on = ("import", at)
    return [draft_of(file, "Customer Updated", told_on, person, ("contact",), consents=consents)]


FORMAT = Format(
    "Contacts",
    "",
    _COLUMNS,
    ("email|phone",),
    ("email", "phone"),
    by_line(_tell),
    of_persons=True,
)
