"""Import the customer CSV that the Stripe Dashboard exports.

**Export the file**

1. In the Stripe Dashboard, go to Customers → Export.
2. Choose *UTC* and all columns, then click Export.

**Account**: the source of `regulars connect stripe`. The customer IDs are those of its webhooks.

**Stored**: the customer ID as an identifier; e-mail address, phone number and name as contact data.

**Not stored**: descriptions, cards, plans and totals. The payments contain the totals.
"""

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.cells import require_export_id
from regulars.channels.exports.contract import ExportFormat, File, Line, build_line_translator
from regulars.channels.exports.event_drafts import build_export_draft, build_store_key
from regulars.channels.exports.times import require_export_time

_COLUMNS = {
    "id": "id",
    "email": "Email",
    "name": "Name",
    "phone": "Phone",
    "created": "Created (UTC)|Created date (UTC)|Created",
    "delinquent": "Delinquent",
    "spend": "Total Spend",
    "plan": "Plan",
}


def translate_line(line: Line, file: File) -> list[Draft]:
    """Return the update of one customer."""
    fields, store = line.fields, build_store_key("stripe", file)
    customer = require_export_id(fields["id"])
    contact = {name: fields[name] for name in ("email", "phone", "name")}
    person = build_buyer(file, customer, store, **contact)
    at = require_export_time(fields["created"], file)
    key = (store, "customer", customer)
    return [build_export_draft(file, "Customer Created", ("payments", at), person, key)]


EXPORT_FORMAT = ExportFormat(
    title="Stripe customers",
    channel="stripe",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=("id", "email", "created", "delinquent|spend|plan"),
    key_columns=("id",),
    translate=build_line_translator(translate_line),
    describes_people=True,
)
