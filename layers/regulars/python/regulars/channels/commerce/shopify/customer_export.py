"""Shopify customers, as Shopify exports them.

In Shopify: Customers → Export → *All customers*, *CSV for Excel, Numbers, or other spreadsheet programs* → Export
customers. More than fifty customers come by e-mail.

The account is the shop's own domain, such as my-shop.myshopify.com, as its webhooks say it; the customer ids are theirs.

Kept: the country. E-mail, phone and name are kept apart. *Accepts Email Marketing* and *Accepts SMS Marketing: yes* give
the consent; since the file does not say when, anything that is told with a date weighs more. A *no* says nothing: Shopify
writes it for whoever was never asked, too. Not read: addresses, notes, tags, totals (the orders tell them).
"""

from regulars.channels.contract import Draft
from regulars.channels.drafts.sales import traits_of
from regulars.channels.exports.buyers import buyer
from regulars.channels.exports.contract import ExportFormat, File, Line, build_line_translator
from regulars.channels.exports.drafts import draft_of, store_of
from regulars.channels.exports.fields import answer_in, id_in
from regulars.channels.exports.refusals import refusal
from regulars.channels.exports.times import UNDATED
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
    said, store = line.said, store_of("shopify", file).lower()
    person = buyer(
        file,
        id_in(said["id"]),
        store,
        said["country"],
        email=said["email"],
        phone=said["phone"] or said["address_phone"],
        first_name=said["first_name"],
        last_name=said["last_name"],
    )
    if not person.identifiers:
        raise refusal("missing_customer")
    consents = tuple(
        ConsentChange(channel, "granted", UNDATED, "shopify")
        for channel in ("email", "sms")
        if answer_in(said[f"{channel}_consent"])
    )
    key = (store, "customer", said["id"].strip())
    traits = traits_of(country=said["country"])
    told = {"consents": consents, "traits": traits}
    return [draft_of(file, "Customer Updated", ("import", ""), person, key, **told)]


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
