"""The schemes that sign the URL, and those that sign the fields of a form instead of its bytes."""

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
    QueryPart,
    UrlPart,
)
from tests.conformance.mutations.schemes.contract import (
    DEFAULT_TIME_WINDOW,
    INVALID_DIGESTS_FOR_SHA1,
    Mutation,
    SignatureScheme,
)
from tests.conformance.mutations.schemes.request_mutations import (
    CONTENT_TYPE_HEADER,
    FORM_CONTENT_TYPE,
    FORM_ENCODING_MUTATIONS,
    add_form_field,
    copy_form_field,
    replace_header,
    replace_method,
    replace_query,
)
from tests.conformance.mutations.schemes.signing import (
    SigningKey,
    compute_hmac,
    encode_base64,
    format_epoch,
    generate_body,
    generate_message,
    generate_token,
)
from tests.conformance.mutations.signed_delivery import SignedDelivery

SQUARE_SIGNATURE_HEADER = "x-square-hmacsha256-signature"
TWILIO_SIGNATURE_HEADER = "x-twilio-signature"
TWILIO_SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
SIGNED_QUERY = "shop=1&to=a%40b%2Fc"
PUBLIC_URL = "https://shop.example.com/in?from=here"


def build_square_delivery(random: Random, key: SigningKey, _at: datetime) -> SignedDelivery:
    """Sign the URL and the body."""
    delivery = SignedDelivery(channel="square", body=generate_body(random))
    signature = encode_base64(compute_hmac(key, delivery.url.encode() + delivery.body))
    return replace(delivery, headers={SQUARE_SIGNATURE_HEADER: signature})


def build_square_proxy_delivery(random: Random, key: SigningKey, _at: datetime) -> SignedDelivery:
    """Sign the URL of a proxy in front of the endpoint, which the config of the source names, and the body."""
    delivery = SignedDelivery(
        channel="square", body=generate_body(random), config={"url": PUBLIC_URL}
    )
    signature = encode_base64(compute_hmac(key, PUBLIC_URL.encode() + delivery.body))
    return replace(delivery, headers={SQUARE_SIGNATURE_HEADER: signature})


def build_hubspot_delivery(random: Random, key: SigningKey, at: datetime) -> SignedDelivery:
    """Sign the method, the URL with some of its characters decoded, the body and the time."""
    delivery = SignedDelivery(channel="hubspot", body=generate_body(random), query=SIGNED_QUERY)
    time, uri = format_epoch(at, 1000), f"{delivery.url}?shop=1&to=a@b/c"
    raw = compute_hmac(key, f"POST{uri}".encode() + delivery.body + time.encode())
    headers = {"x-hubspot-signature-v3": encode_base64(raw), "x-hubspot-request-timestamp": time}
    return replace(delivery, headers=headers)


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
    message = f"{delivery.url}?{SIGNED_QUERY}" + _join_fields(fields)
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


def build_mandrill_delivery(random: Random, key: SigningKey, _at: datetime) -> SignedDelivery:
    """Sign the URL and the fields of the form in alphabetical order."""
    fields = {"mandrill_events": f"[{generate_body(random).decode()}]", "extra": "1"}
    delivery = SignedDelivery(
        channel="mandrill",
        body=urlencode(fields).encode(),
        headers={CONTENT_TYPE_HEADER: FORM_CONTENT_TYPE},
    )
    raw = compute_hmac(key, (delivery.url + _join_fields(fields)).encode(), "sha1")
    headers = {"x-mandrill-signature": encode_base64(raw)}
    return replace(delivery, headers=delivery.headers | headers)


def _join_fields(fields: dict[str, str]) -> str:
    return "".join(name + fields[name] for name in sorted(fields))


def _replace_body_and_hash(random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Replace the body and add its hash to the query, beside the signed hash or instead of it."""
    body = generate_body(random)
    body_hash = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    query = delivery.query
    queries = (f"{query}&{body_hash}", f"{body_hash}&{query}", f"shop=1&{body_hash}")
    return replace(delivery, body=body, query=random.choice(queries))


QUERY_MUTATIONS: tuple[Mutation, ...] = tuple(
    partial(replace_query, template)
    for template in ("{}&x=1", "x=1&{}", "to=a%40b%2Fc&shop=1", "{0}&{0}", "shop=1", "{}&")
)
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
URL_SCHEMES = (
    SignatureScheme(
        name="square",
        build_delivery=build_square_delivery,
        proof_parts=(HeaderPart(SQUARE_SIGNATURE_HEADER),),
        signed_parts=(BodyPart(), UrlPart()),
        unsigned_parts=(QueryPart(),),
    ),
    SignatureScheme(
        name="square/proxy",
        build_delivery=build_square_proxy_delivery,
        proof_parts=(HeaderPart(SQUARE_SIGNATURE_HEADER),),
        signed_parts=(BodyPart(),),
        unsigned_parts=(UrlPart(), QueryPart()),
    ),
    SignatureScheme(
        name="hubspot",
        build_delivery=build_hubspot_delivery,
        proof_parts=(HeaderPart("x-hubspot-signature-v3"),),
        signed_parts=(HeaderPart("x-hubspot-request-timestamp"), BodyPart(), UrlPart()),
        time_window=DEFAULT_TIME_WINDOW,
        invalid_mutations=(
            *QUERY_MUTATIONS,
            *(partial(replace_method, method) for method in ("PUT", "PATCH", "DELETE")),
        ),
        valid_mutations=tuple(
            partial(replace_query, f"shop=1&to={value}")
            for value in ("a@b/c", "a%40b/c", "a@b%2fc")
        ),
    ),
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
    SignatureScheme(
        name="mandrill",
        build_delivery=build_mandrill_delivery,
        proof_parts=(HeaderPart("x-mandrill-signature"),),
        signed_parts=(FormFieldPart("mandrill_events"), FormFieldPart("extra"), UrlPart()),
        unsigned_parts=(QueryPart(),),
        invalid_mutations=(add_form_field, copy_form_field),
        valid_mutations=FORM_ENCODING_MUTATIONS,
        invalid_digests=INVALID_DIGESTS_FOR_SHA1,
    ),
)
