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
    SUBSCRIBED,
    UNSUBSCRIBED,
)
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.contract import ExportFormat, File, Line, build_line_translator
from regulars.channels.exports.drafts import build_export_draft, build_store_key
from regulars.channels.exports.fields import parse_export_id
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
_STATES = re.compile(
    r"(?<![a-z])((?:un|non?|not|never|no[-_ ]longer|previously|formerly)?[-_ ]?subscribed|cleaned)(?![a-z])"
)
_TYPES = {"subscribed": SUBSCRIBED, "unsubscribed": UNSUBSCRIBED, "cleaned": EMAIL_BOUNCED}


def _check(name: str, fields: Collection[str]) -> None:
    """Consent is not to be guessed."""
    if not (_STATES.search(name.lower()) or {"unsub", "clean"} & {*fields}):
        raise InvalidRequestError(
            "This is a Mailchimp audience, but the file's name does not say of whom. Name it as Mailchimp does, "
            "beginning with subscribed_, unsubscribed_, cleaned_ or nonsubscribed_.",
            "unnamed_audience",
        )


def _state(line: Line, file: File) -> str:
    """What the file is a list of: by a time that only such a list has, else by its name."""
    if line.fields["unsub"].strip():
        return "unsubscribed"
    if line.fields["clean"].strip():
        return "cleaned"
    named = _STATES.search(file.name.lower())
    if not named:
        raise RefusedLineError("unknown_status")
    return re.sub(r"[-_ ]", "", named[1])


def translate_line(line: Line, file: File) -> list[Draft]:
    """Return the state of one member of the audience."""
    said, state = line.fields, _state(line, file)
    store = build_store_key("mailchimp", file)
    person = build_buyer(
        file,
        parse_export_id(said["id"]),
        store,
        said["country"],
        **{name: said[name] for name in ("email", "phone", "first_name", "last_name")},
    )
    if not person.contact.get("email"):
        raise RefusedLineError("missing_customer")
    at, consent = _consent(state, line, file)
    type_ = EMAIL_MARKED_AS_SPAM if consent and consent.basis == "abuse" else _TYPES.get(state)
    return [
        build_export_draft(
            file,
            type_ or "Customer Updated",
            ("email", at),
            person,
            (store, "contact"),
            consents=(consent,) if consent else (),
            traits=build_traits(country=said["country"]),
        )
    ]


def _consent(state: str, line: Line, file: File) -> tuple[str, ConsentChange | None]:
    """When the state began, and the consent that it is."""
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
    if state in _TYPES:
        at = unsub or clean or changed
        reason = line.fields["reason"].strip().lower()
        basis = "abuse" if reason == "abuse" else state
        # Without its time, which Mailchimp always gives, it was at the latest now.
        return at, ConsentChange(
            channel="email", status="denied", at=at or file.uploaded_at, basis=basis
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
    check_file=_check,
)
