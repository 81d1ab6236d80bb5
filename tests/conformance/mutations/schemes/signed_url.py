"""The schemes that sign the URL, and those that sign the fields of a form instead of its bytes."""

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
    replace_method,
    replace_query,
)
from tests.conformance.mutations.schemes.signing import (
    SigningKey,
    compute_hmac,
    encode_base64,
    format_epoch,
    generate_body,
    join_fields,
)
from tests.conformance.mutations.signed_delivery import SignedDelivery

SQUARE_SIGNATURE_HEADER = "x-square-hmacsha256-signature"
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


def build_mandrill_delivery(random: Random, key: SigningKey, _at: datetime) -> SignedDelivery:
    """Sign the URL and the fields of the form in alphabetical order."""
    fields = {"mandrill_events": f"[{generate_body(random).decode()}]", "extra": "1"}
    delivery = SignedDelivery(
        channel="mandrill",
        body=urlencode(fields).encode(),
        headers={CONTENT_TYPE_HEADER: FORM_CONTENT_TYPE},
    )
    raw = compute_hmac(key, (delivery.url + join_fields(fields)).encode(), "sha1")
    headers = {"x-mandrill-signature": encode_base64(raw)}
    return replace(delivery, headers=delivery.headers | headers)


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
