"""Import a Mailchimp audience: subscribed, unsubscribed, cleaned and non-subscribed contacts.

**Export the files**

1. In Mailchimp, go to Audience → All contacts → Export audience.
2. Unpack the ZIP file and import each of its files.

Do not rename the files. The names `subscribed_…`, `unsubscribed_…`, `cleaned_…` and `nonsubscribed_…` determine the
consent.

**Account**: the source of `regulars connect mailchimp`. The contact ID (EUID) is that of its webhooks.

**Stored**

* The contact ID as an identifier; e-mail address, phone number and name as contact data; the country as a trait.
* Subscribed: consent to e-mail is granted at the time of confirmation, otherwise at the time of opt-in. Without
  either time, any consent with a date takes precedence.
* Unsubscribed: consent is withdrawn at the time of the unsubscribe.
* Cleaned: the address must not receive e-mail, so consent counts as denied.
* Non-subscribed: no consent is recorded.

**Not stored**: other merge fields, addresses, birthdays, IP addresses, notes and tags.
"""

import re
from collections.abc import Collection

from regulars.channels.contract import Draft
from regulars.channels.drafts.mail import (
    EMAIL_BOUNCED,
    EMAIL_MARKED_AS_SPAM,
    SUBSCRIBED_TYPE,
    UNSUBSCRIBED_TYPE,
)
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.cells import parse_export_id
from regulars.channels.exports.contract import ExportFormat, File, Line, build_line_translator
from regulars.channels.exports.event_drafts import build_export_draft, build_store_key
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.exports.times import UNDATED_TIME, parse_export_time
from regulars.channels.fields.texts import build_traits
from regulars.domain.errors import InvalidRequestError
from regulars.domain.events import ConsentChange

_COLUMNS = {
    "email": "Email Address|Email",
    "first_name": "First Name",
    "last_name": "Last Name",
    "phone": "Phone Number|Phone",
    "rating": "MEMBER_RATING",
    "optin": "OPTIN_TIME",
    "confirm": "CONFIRM_TIME",
    "changed": "LAST_CHANGED",
    "unsub": "UNSUB_TIME",
    "reason": "UNSUB_REASON",
    "clean": "CLEAN_TIME",
    "country": "CC",
    "id": "EUID",
    "leid": "LEID",
}
_STATE_PATTERN = re.compile(
    r"(?<![a-z])((?:un|non?|not|never|no[-_ ]longer|previously|formerly)?[-_ ]?subscribed|cleaned)(?![a-z])"
)
_EVENT_TYPES = {
    "subscribed": SUBSCRIBED_TYPE,
    "unsubscribed": UNSUBSCRIBED_TYPE,
    "cleaned": EMAIL_BOUNCED,
}


def _check_file(name: str, fields: Collection[str]) -> None:
    """Raise InvalidRequestError if neither the name nor a column gives the status, because consent must not be guessed."""
    if not (_STATE_PATTERN.search(name.lower()) or {"unsub", "clean"} & {*fields}):
        raise InvalidRequestError(
            "The file is a Mailchimp audience, but its name does not contain the status of the contacts. Name it as "
            "Mailchimp does, with the prefix subscribed_, unsubscribed_, cleaned_ or nonsubscribed_.",
            "unnamed_audience",
        )


def _find_state(line: Line, file: File) -> str:
    """Return the status of the contact: by a time that only one status has, else by the file name."""
    if line.fields["unsub"].strip():
        return "unsubscribed"
    if line.fields["clean"].strip():
        return "cleaned"
    match = _STATE_PATTERN.search(file.name.lower())
    if not match:
        raise RefusedLineError("unknown_status")
    return re.sub(r"[-_ ]", "", match[1])


def translate_line(line: Line, file: File) -> list[Draft]:
    """Return the state of one member of the audience."""
    fields, state = line.fields, _find_state(line, file)
    store = build_store_key("mailchimp", file)
    person = build_buyer(
        file,
        parse_export_id(fields["id"]),
        store,
        fields["country"],
        **{name: fields[name] for name in ("email", "phone", "first_name", "last_name")},
    )
    if not person.contact.get("email"):
        raise RefusedLineError("missing_customer")
    at, consent = _find_consent(state, line, file)
    type_ = (
        EMAIL_MARKED_AS_SPAM if consent and consent.basis == "abuse" else _EVENT_TYPES.get(state)
    )
    return [
        build_export_draft(
            file,
            type_ or "Customer Updated",
            ("email", at),
            person,
            (store, "contact"),
            consents=(consent,) if consent else (),
            traits=build_traits(country=fields["country"]),
        )
    ]


def _find_consent(state: str, line: Line, file: File) -> tuple[str, ConsentChange | None]:
    """Return the start of the status and the consent change that it implies."""
    names = ("optin", "confirm", "changed", "unsub", "clean")
    optin, confirm, changed, unsub, clean = (
        parse_export_time(line.fields[name], file) for name in names
    )
    if state == "subscribed":
        basis = "double_opt_in" if confirm and optin not in {"", confirm} else "single_opt_in"
        at = confirm or optin
        return at, ConsentChange(
            channel="email",
            status="granted",
            at=at or UNDATED_TIME,
            basis=basis if at else "mailchimp",
        )
    if state in _EVENT_TYPES:
        at = unsub or clean or changed
        reason = line.fields["reason"].strip().lower()
        basis = "abuse" if reason == "abuse" else state
        # Mailchimp always writes the time. Without it, the upload is the latest possible time.
        return at, ConsentChange(
            channel="email",
            status="complained" if reason == "abuse" else "denied",
            at=at or file.uploaded_at,
            basis=basis,
        )
    return changed, None


EXPORT_FORMAT = ExportFormat(
    title="Mailchimp audience",
    channel="mailchimp",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=("email", "rating|optin", "id|leid"),
    key_columns=("email",),
    translate=build_line_translator(translate_line),
    describes_people=True,
    check_file=_check_file,
)
