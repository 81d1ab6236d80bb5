"""Import the customer CSV that Shopify exports.

**Export the file**

1. In Shopify, go to Customers → Export.
2. Choose *All customers* and *CSV for Excel, Numbers, or other spreadsheet programs*, then click Export customers.
3. Shopify sends more than 50 customers by e-mail.

**Account**: the domain of the shop, such as `my-shop.myshopify.com`, as in its webhooks. The customer IDs are those
of the webhooks.

**Stored**

* The customer ID as an identifier; e-mail address, phone number and name as contact data; the country as a trait.
* *Accepts Email Marketing: yes* and *Accepts SMS Marketing: yes* grant the consent. The file contains no consent
  date, so any consent with a date takes precedence. A *no* is ignored, because Shopify also writes it for customers
  who were never asked.

**Not stored**: addresses, notes, tags and totals. The orders contain the totals.
"""

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.cells import parse_export_id, parse_yes_no
from regulars.channels.exports.contract import ExportFormat, File, Line, build_line_translator
from regulars.channels.exports.event_drafts import build_export_draft, build_store_key
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.exports.times import UNDATED_TIME
from regulars.channels.fields.texts import build_traits
from regulars.domain.events import ConsentChange

_COLUMNS = {
    "id": "Customer ID",
    "email": "Email",
    "phone": "Phone",
    "address_phone": "Default Address Phone",
    "first_name": "First Name",
    "last_name": "Last Name",
    "country": "Default Address Country Code|Country Code",
    "email_consent": "Accepts Email Marketing|Accepts Marketing",
    "sms_consent": "Accepts SMS Marketing",
    "spent": "Total Spent",
    "orders": "Total Orders",
}


def translate_line(line: Line, file: File) -> list[Draft]:
    """Return the update of one customer."""
    fields, store = line.fields, build_store_key("shopify", file).lower()
    person = build_buyer(
        file,
        parse_export_id(fields["id"]),
        store,
        fields["country"],
        email=fields["email"],
        phone=fields["phone"] or fields["address_phone"],
        first_name=fields["first_name"],
        last_name=fields["last_name"],
    )
    if not person.identifiers:
        raise RefusedLineError("missing_customer")
    consents = tuple(
        ConsentChange(channel=channel, status="granted", at=UNDATED_TIME, basis="shopify")
        for channel in ("email", "sms")
        if parse_yes_no(fields[f"{channel}_consent"])
    )
    key = (store, "customer", fields["id"].strip())
    traits = build_traits(country=fields["country"])
    facts = {"consents": consents, "traits": traits}
    return [build_export_draft(file, "Customer Updated", ("import", ""), person, key, **facts)]


EXPORT_FORMAT = ExportFormat(
    title="Shopify customers",
    channel="shopify",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=("email", "email_consent", "spent", "orders"),
    key_columns=("id", "email", "phone"),
    translate=build_line_translator(translate_line),
    describes_people=True,
)
