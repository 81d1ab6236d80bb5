"""The schemes of Twilio: the URL with the fields of a form, or with the hash of a JSON body."""

import hashlib
from dataclasses import replace
from datetime import datetime
from functools import partial
from random import Random
from urllib.parse import urlencode

from tests.conformance.mutations.delivery_parts import (
    BodyPart,
    FormFieldPart,
    HeaderPart,
    UrlPart,
)
from tests.conformance.mutations.schemes.contract import (
    INVALID_DIGESTS_FOR_SHA1,
    SignatureScheme,
)
from tests.conformance.mutations.schemes.request_mutations import (
    CONTENT_TYPE_HEADER,
    FORM_CONTENT_TYPE,
    FORM_ENCODING_MUTATIONS,
    QUERY_MUTATIONS,
    SIGNED_QUERY,
    add_form_field,
    copy_form_field,
    replace_header,
)
from tests.conformance.mutations.schemes.signing import (
    SigningKey,
    compute_hmac,
    encode_base64,
    generate_body,
    generate_message,
    generate_token,
    join_fields,
)
from tests.conformance.mutations.signed_delivery import SignedDelivery

TWILIO_SIGNATURE_HEADER = "x-twilio-signature"
TWILIO_SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"


def build_twilio_delivery(
    random: Random, key: SigningKey, _at: datetime, digest: str = "sha1"
) -> SignedDelivery:
    """Sign the URL with its query, and the fields of the form in alphabetical order."""
    fields = {
        "Body": str(generate_message(random)["note"]),
        "From": "+14155550100",
        "MessageSid": generate_token(random),
    }
    fields |= {"SmsStatus": "received", "NumMedia": "0", "ProfileName": ""}
    delivery = SignedDelivery(
        channel="twilio",
        body=urlencode(fields).encode(),
        headers={CONTENT_TYPE_HEADER: FORM_CONTENT_TYPE},
        query=SIGNED_QUERY,
    )
    message = f"{delivery.url}?{SIGNED_QUERY}" + join_fields(fields)
    headers = {TWILIO_SIGNATURE_HEADER: encode_base64(compute_hmac(key, message.encode(), digest))}
    if digest != "sha1":
        headers[TWILIO_SETTINGS_HEADER] = f"key=abc,algorithm=HMAC_{digest.upper()}"
    return replace(delivery, headers=delivery.headers | headers)


def build_twilio_json_delivery(random: Random, key: SigningKey, _at: datetime) -> SignedDelivery:
    """Sign the URL, whose query contains the hash of the body."""
    body = generate_body(random)
    query = f"shop=1&bodySHA256={hashlib.sha256(body).hexdigest()}"
    delivery = SignedDelivery(channel="twilio", body=body, query=query)
    signature = encode_base64(compute_hmac(key, f"{delivery.url}?{query}".encode(), "sha1"))
    headers = {CONTENT_TYPE_HEADER: "application/json", TWILIO_SIGNATURE_HEADER: signature}
    return replace(delivery, headers=headers)


def _replace_body_and_hash(random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Replace the body and add its hash to the query, beside the signed hash or instead of it."""
    body = generate_body(random)
    body_hash = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    query = delivery.query
    queries = (f"{query}&{body_hash}", f"{body_hash}&{query}", f"shop=1&{body_hash}")
    return replace(delivery, body=body, query=random.choice(queries))


CONTENT_TYPE_MUTATION = partial(
    replace_header,
    CONTENT_TYPE_HEADER,
    ("application/json", "text/plain", "multipart/form-data; boundary=x"),
)
ALGORITHM_MUTATION = partial(
    replace_header,
    TWILIO_SETTINGS_HEADER,
    ("algorithm=HMAC_SHA256", "algorithm=none", "algorithm=HMAC_MD5"),
)
TWILIO_FIELD_PARTS = tuple(map(FormFieldPart, ("Body", "From", "MessageSid", "SmsStatus")))
TWILIO_SCHEMES = (
    SignatureScheme(
        name="twilio",
        build_delivery=build_twilio_delivery,
        proof_parts=(HeaderPart(TWILIO_SIGNATURE_HEADER),),
        signed_parts=(*TWILIO_FIELD_PARTS, UrlPart()),
        invalid_mutations=(
            *QUERY_MUTATIONS,
            CONTENT_TYPE_MUTATION,
            ALGORITHM_MUTATION,
            add_form_field,
        ),
        valid_mutations=(
            *FORM_ENCODING_MUTATIONS,
            copy_form_field,
            partial(
                replace_header,
                CONTENT_TYPE_HEADER,
                (f"{FORM_CONTENT_TYPE}; charset=UTF-8", FORM_CONTENT_TYPE.upper()),
            ),
            partial(replace_header, TWILIO_SETTINGS_HEADER, ("key=x,algorithm=HMAC_SHA1", "key=y")),
        ),
        invalid_digests=INVALID_DIGESTS_FOR_SHA1,
    ),
    SignatureScheme(
        name="twilio/shared key",
        build_delivery=partial(build_twilio_delivery, digest="sha256"),
        proof_parts=(HeaderPart(TWILIO_SIGNATURE_HEADER),),
        signed_parts=(*TWILIO_FIELD_PARTS, UrlPart()),
        invalid_mutations=(
            *QUERY_MUTATIONS,
            partial(
                replace_header,
                TWILIO_SETTINGS_HEADER,
                ("key=x", "algorithm=HMAC_SHA1", "algorithm="),
            ),
        ),
        valid_mutations=FORM_ENCODING_MUTATIONS,
    ),
    SignatureScheme(
        name="twilio/json",
        build_delivery=build_twilio_json_delivery,
        proof_parts=(HeaderPart(TWILIO_SIGNATURE_HEADER),),
        signed_parts=(BodyPart(), UrlPart()),
        invalid_mutations=(
            *QUERY_MUTATIONS[:2],
            _replace_body_and_hash,
            partial(replace_header, CONTENT_TYPE_HEADER, (FORM_CONTENT_TYPE,)),
            ALGORITHM_MUTATION,
        ),
        invalid_digests=INVALID_DIGESTS_FOR_SHA1,
    ),
)
