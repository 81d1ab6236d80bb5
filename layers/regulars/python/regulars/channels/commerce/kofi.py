"""Receive donations, memberships, shop orders and commissions of a Ko-fi page.

**Set up**

1. Run `regulars connect kofi`. It prints the URL and then asks for the verification token.
2. In Ko-fi, go to More → API → Webhooks. Paste the URL and click Update.
3. On the same page, open Advanced, copy the verification token and enter it in `regulars connect kofi`.

Ko-fi sends all payments to one URL, so there are no events to select. Ko-fi does not sign its deliveries. It includes
the verification token in each delivery. Anyone who has the token can forge donations, so keep it secret.

**Events**

* Donation → Payment Succeeded
* First payment of a membership → Subscription Started
* Later payment of a membership → Payment Succeeded
* Shop order, commission → Order Completed
* Any other type → a reject with the reason `unknown_topic`

**Stored**

* The payment: IDs, amount, currency, membership tier, whether it was public, and the codes of the shop items.
* The e-mail address and the name of the supporter as contact data.

**Not stored**: messages and shipping addresses.

**Notes**

* Orders: each payment is one order, because nothing else reports it. The order ID is the Ko-fi transaction ID.
* Limits: Ko-fi sends no refunds and no ended memberships.
* Test mode: the test of the Ko-fi webhook page is stored and never counted.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request, UnknownTopicError
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import parse_first_time
from regulars.channels.fields.form_body import parse_form_fields
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import as_object, list_objects, parse_json
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import require_id, select_texts
from regulars.channels.signatures.shared_secret import check_equal
from regulars.domain.errors import InvalidRequestError, SignatureError
from regulars.domain.events import OrderFact
from regulars.domain.times import to_text

CHANNEL_NAME = "kofi"
TOPICS = {
    "Donation": "Payment Succeeded",
    "Subscription": "Payment Succeeded",
    "Shop Order": "Order Completed",
    "Commission": "Order Completed",
}
# The transaction id of Ko-fi's own test.
_TEST_TRANSACTION = "00000000-1111-2222-3333-444444444444"


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (nothing is signed)
    """Verify the token within the delivery; raise SignatureError(malformed) if it is not a delivery of Ko-fi.

    https://help.ko-fi.com/hc/en-us/articles/360004162298
    """
    try:
        token = _read_payment(request).get("verification_token", "")
    except InvalidRequestError:
        raise SignatureError("malformed") from None
    token_text = token if isinstance(token, str) else ""
    check_equal(token_text, [secret.encode() for secret in secrets])


def translate_delivery(request: Request) -> list[Draft]:
    """Return the event of one payment; raise UnknownTopicError for a kind that is not in TOPICS."""
    data = _read_payment(request)
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in TOPICS:
        raise UnknownTopicError
    transaction = require_id(data.get("kofi_transaction_id"), "kofi_transaction_id")
    reported_at = parse_first_time(data.get("timestamp"))
    builder = EventBuilder(
        request,
        CHANNEL_NAME,
        "payments",
        reported_at=reported_at,
        is_test=transaction == _TEST_TRANSACTION,
    )
    person = PersonBuilder("")
    person.add_contact({"email": data.get("email"), "name": data.get("from_name")})
    is_first = data.get("is_first_subscription_payment") is True
    type_ = "Subscription Started" if kind == "Subscription" and is_first else TOPICS[kind]
    key = clean_text(data.get("message_id")) or transaction
    return [builder.build_draft(type_, (key,), person, **_build_facts(data, builder, transaction))]


def build_sample(blank: Request, secret: str) -> Request:
    """Return the test that Ko-fi's webhook page sends."""
    data = {
        "verification_token": secret,
        "message_id": f"sample-{to_text(blank.received_at)}",
        "kofi_transaction_id": _TEST_TRANSACTION,
        "timestamp": to_text(blank.received_at),
        "type": "Donation",
        "amount": "3.00",
        "currency": "EUR",
    }
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"data": json.dumps(data)}).encode()
    return msgspec.structs.replace(blank, body=body, headers=headers)


def _read_payment(request: Request) -> dict[str, Any]:
    """Return the JSON of the form's only field; raise InvalidRequestError without one."""
    values = parse_form_fields(request).get("data")
    if not values:
        raise InvalidRequestError("The form has no data.", "invalid_form")
    return as_object(parse_json(values[0]))


def _build_facts(data: dict[str, Any], builder: EventBuilder, transaction: str) -> dict[str, Any]:
    currency = parse_currency(data.get("currency"))
    total = parse_amount(data.get("amount"), currency)
    order = OrderFact(
        key=f"{builder.store}/{transaction}",
        version=builder.occurred_at,
        placed_at=builder.occurred_at,
        status="paid",
        total=total,
        currency=currency,
    )
    lines = list_objects(data.get("shop_items"))
    items = (build_item(line.get("direct_link_code"), line.get("quantity")) for line in lines)
    properties: dict[str, Any] = select_texts(data, "tier_name")
    properties |= {"payment_id": transaction, "amount": total, "kind": data["type"]}
    properties["is_public"] = data.get("is_public") is True
    return {
        "currency": currency,
        "order": order,
        "items": tuple(item for item in items if item),
        "properties": properties,
    }


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Ko-fi",
    page=__doc__,
    secret=ProviderSecret(question="The verification token"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
