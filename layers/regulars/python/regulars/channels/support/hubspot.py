"""Receive created, changed, merged and deleted contacts, and deals, from HubSpot.

**Set up**

1. In HubSpot, go to Development → Legacy apps (or your developer account) and create a private or public app. Copy
   its client secret from the Auth tab.
2. Run `regulars connect hubspot`. It prints the URL and then asks for the client secret.
3. In the app, go to Webhooks → Target URL and paste the URL exactly as printed, because HubSpot signs it with the
   body.
4. Subscribe to contact created, deleted, merged and, for a public app, privacy deleted.
5. Subscribe to changes of the contact properties `email`, `phone`, `mobilephone`, `firstname`, `lastname`,
   `hs_email_optout` and `lifecyclestage`.
6. Subscribe to deal created and to changes of the deal properties `dealstage` and `amount`.

**Rotate the secret**: Rotate the client secret in HubSpot and run `regulars sources rotate hubspot`. The previous
secret stays valid until the next rotation.

**Events**

* `contact.creation` → Customer Created
* `contact.propertyChange`, `contact.merge` → Customer Updated
* `contact.deletion` → Customer Deleted
* `contact.privacyDeletion` → Customer Deletion Requested
* `deal.creation`, `deal.propertyChange` → Deal Updated
* Any other item → a reject with the reason `unknown_topic`. The other items of the delivery are still processed.

**Stored**

* IDs, the name of the changed property, and its value only for the stages of a contact or a deal.
* A changed e-mail address, phone number or name as contact data of the person with that HubSpot ID.
* Withdrawn consent, if the contact opted out of all e-mail.

**Not stored**: all other property values. HubSpot sends the data of a contact only with a change.

**Notes**

* Signature: only version 3 is accepted, because older versions contain no time. HubSpot signs each attempt anew. A
  signature older than five minutes is rejected.
* Duplicates: the event, the object and the time identify an item.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request, UnknownTopicError
from regulars.channels.drafts import conversations
from regulars.channels.drafts.batches import DeliveryItem, translate_items
from regulars.channels.drafts.conversations import ConversationEvent, build_conversation_draft
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import as_list, parse_json
from regulars.channels.fields.redaction import clean_token
from regulars.channels.fields.texts import require_id
from regulars.channels.signatures.shared_secret import check_equal, hmac_base64
from regulars.channels.signatures.timed import TOLERANCE_SECONDS
from regulars.domain.errors import SignatureError

CHANNEL_NAME = "hubspot"
TOPICS = {
    "contact.creation": conversations.CUSTOMER_CREATED,
    "contact.propertyChange": conversations.CUSTOMER_UPDATED,
    "contact.merge": conversations.CUSTOMER_UPDATED,
    "contact.deletion": conversations.CUSTOMER_DELETED,
    "contact.privacyDeletion": "Customer Deletion Requested",
    "deal.creation": "Deal Updated",
    "deal.propertyChange": "Deal Updated",
}
# A property of HubSpot → the field of contact data.
CONTACT_FIELDS = {
    "email": "email",
    "phone": "phone",
    "mobilephone": "phone",
    "firstname": "first_name",
    "lastname": "last_name",
}
MAX_MERGED_CONTACTS = 100
OPT_OUT_PROPERTY = "hs_email_optout"
STORED_PROPERTIES = {"lifecyclestage", "hs_lead_status", "dealstage", "pipeline"}
_SIGNATURE_HEADER, _TIME_HEADER = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
_MILLISECONDS_PATTERN = re.compile(r"[0-9]{1,16}")
# The characters that HubSpot decodes in the URL before it signs.
_DECODED_CHARACTERS = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
_ENCODED_PATTERN = re.compile("|".join(_DECODED_CHARACTERS), re.IGNORECASE)


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Compare the HMAC-SHA256 of method, URL with query, body and time under each live client secret.

    https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
    """
    time = request.headers.get(_TIME_HEADER, "")
    if not time:
        raise SignatureError("missing")
    urls = _list_signed_urls(request)
    signatures = [
        _compute_signature(secret, request, url, time) for secret in secrets for url in urls
    ]
    check_equal(request.headers.get(_SIGNATURE_HEADER, ""), signatures)
    signed_at = int(time) / 1000 if _MILLISECONDS_PATTERN.fullmatch(time) else 0
    if abs(now.timestamp() - signed_at) > TOLERANCE_SECONDS:
        raise SignatureError("timestamp")


def translate_delivery(request: Request) -> list[Draft]:
    """Return one event per item."""
    body = parse_json(request.body)
    items = body if isinstance(body, list) else [body]
    return translate_items(
        items, lambda item: [build_conversation_draft(CHANNEL_NAME, request, _build_event(item))]
    )


def build_sample(blank: Request, secret: str) -> Request:
    """Return a signed delivery with an unknown topic, which becomes a reject."""
    body = json.dumps([{"subscriptionType": "test"}]).encode()
    time = str(int(blank.received_at.timestamp() * 1000))
    request = msgspec.structs.replace(blank, body=body)
    signature = _compute_signature(secret, request, _list_signed_urls(request)[0], time).decode()
    headers = {"content-type": "application/json", _TIME_HEADER: time, _SIGNATURE_HEADER: signature}
    return msgspec.structs.replace(request, headers=headers)


def _list_signed_urls(request: Request) -> tuple[str, str]:
    """Return the URL with its query: partly decoded, as HubSpot documents it, and unchanged, as its libraries sign it."""
    url = request.url.partition("?")[0]
    url += f"?{request.raw_query}" if request.raw_query else ""
    return _ENCODED_PATTERN.sub(lambda found: _DECODED_CHARACTERS[found[0].upper()], url), url


def _compute_signature(secret: str, request: Request, url: str, time: str) -> bytes:
    message = (request.method + url).encode("utf-8", "replace") + request.body
    return hmac_base64(secret.encode(), message + time.encode("utf-8", "replace"))


def _build_event(item: DeliveryItem) -> ConversationEvent:
    topic = item.get("subscriptionType")
    type_ = TOPICS.get(topic) if isinstance(topic, str) else None
    if type_ is None:
        raise UnknownTopicError
    name, value = str(item.get("propertyName") or ""), item.get("propertyValue")
    is_contact = type_ != "Deal Updated"
    is_opt_out = is_contact and name == OPT_OUT_PROPERTY and str(value).lower() == "true"
    contact = {CONTACT_FIELDS[name]: value} if is_contact and name in CONTACT_FIELDS else {}
    return ConversationEvent(
        type=type_,
        at=from_epoch(item.get("occurredAt"), 1000),
        # HubSpot does not guarantee that the id of an event is unique.
        key=(item.get("eventId"), topic, _object_id(item), name, item.get("occurredAt")),
        account=item.get("portalId"),
        customer=require_id(_object_id(item), "objectId") if is_contact else None,
        # If a merge creates a new contact, the item names all contacts that were merged.
        former=(
            item.get("primaryObjectId"),
            *as_list(item.get("mergedObjectIds"))[:MAX_MERGED_CONTACTS],
        ),
        contact=contact,
        consents={"email": "denied"} if is_opt_out else {},
        basis=name if is_opt_out else "",
        properties=_build_properties(item, name, value),
        channel="crm",
    )


def _object_id(item: DeliveryItem) -> object:
    """Return the id of the object; for a merge, of the contact that remains."""
    return item.get("objectId") or item.get("newObjectId") or item.get("primaryObjectId")


def _build_properties(item: DeliveryItem, name: str, value: object) -> dict[str, Any]:
    is_deal = str(item.get("subscriptionType")).startswith("deal.")
    return {
        "field": clean_token(name),
        "value": clean_token(value) if name in STORED_PROPERTIES else "",
        "deal_id": clean_token(_object_id(item)) if is_deal else "",
    }


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="HubSpot",
    page=__doc__,
    secret=ProviderSecret(question="The app's client secret"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
)
