"""The schemes of most providers: an HMAC over the body, in some of them with a time or an id."""

import base64
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from tests.conformance.mutations.delivery_parts import BodyPart, HeaderPart, QueryPart, UrlPart
from tests.conformance.mutations.schemes.contract import (
    DEFAULT_MAX_AGE,
    DEFAULT_TIME_WINDOW,
    INVALID_DIGESTS,
    INVALID_DIGESTS_FOR_SHA1,
    SignatureScheme,
)
from tests.conformance.mutations.schemes.signing import (
    SigningKey,
    compute_hmac,
    encode_base64,
    format_epoch,
    generate_body,
    generate_token,
)
from tests.conformance.mutations.signed_delivery import SignedDelivery

# A header with a time and a signature, with entries that a provider may add, and in forms that are invalid.
VALID_HEADER_TEMPLATES = (
    "{time}{sep}{name}={junk}{sep}{signature}",
    "{time}{sep}{signature}{sep}{name}={junk}",
    "{signature}{sep}{time}",
    "{time}{sep}{signature}{sep}v9={junk}",
    "v0={junk}{sep}{time}{sep}{signature}",
)
INVALID_HEADER_TEMPLATES = (
    "{time}",
    "{signature}",
    "{time}{sep}{name}={junk}",
    "{time}{sep}{time}{sep}{signature}",
    "{time}{sep} {signature}",
    "{time}0{sep}{signature}",
    "{time}{sep}{signature}{sep}",
    "{time}{sep}{signature}{sep}{junk}",
    "{time}{sep}v0{signature}",
)


def build_body_scheme(
    channel: str,
    header: str,
    prefix: str = "",
    *,
    is_hexadecimal: bool = False,
    digest: str = "sha256",
) -> SignatureScheme:
    """Return the scheme of an HMAC over the body alone."""

    def build_delivery(random: Random, key: SigningKey, _at: datetime) -> SignedDelivery:
        body = generate_body(random)
        raw = compute_hmac(key, body, digest)
        signature = prefix + (raw.hex() if is_hexadecimal else encode_base64(raw))
        headers = {"content-type": "application/json", header: signature}
        return SignedDelivery(channel=channel, body=body, headers=headers)

    is_shopify = channel == "shopify"
    short_header = header.removeprefix("x-")
    return SignatureScheme(
        name=channel,
        build_delivery=build_delivery,
        proof_parts=(HeaderPart(header),),
        signed_parts=(BodyPart(),),
        unsigned_parts=(UrlPart(), QueryPart()),
        valid_mutations=(partial(_rename_header, header, short_header),) if is_shopify else (),
        invalid_mutations=(partial(_move_header, header, short_header),) if is_shopify else (),
        invalid_digests=INVALID_DIGESTS_FOR_SHA1 if digest == "sha1" else INVALID_DIGESTS,
    )


def build_entries_scheme(
    channel: str, header: str, separator: str, names: tuple[str, str], message_separator: str
) -> SignatureScheme:
    """Return the scheme of one header with entries: a time, and signatures over time and body.

    `names` are the names of the time and of a signature. `message_separator` stands between time and body.
    """

    def build_delivery(random: Random, key: SigningKey, at: datetime) -> SignedDelivery:
        body, time = generate_body(random), format_epoch(at)
        signature = compute_hmac(key, f"{time}{message_separator}".encode() + body).hex()
        value = f"{names[0]}={time}{separator}{names[1]}={signature}"
        return SignedDelivery(channel=channel, body=body, headers={header: value})

    replace_entries = partial(_replace_entries, header, separator, names[1])
    return SignatureScheme(
        name=channel,
        build_delivery=build_delivery,
        proof_parts=(HeaderPart(header),),
        signed_parts=(BodyPart(),),
        unsigned_parts=(UrlPart(), QueryPart()),
        time_window=DEFAULT_TIME_WINDOW,
        valid_mutations=tuple(
            partial(replace_entries, template) for template in VALID_HEADER_TEMPLATES
        ),
        invalid_mutations=tuple(
            partial(replace_entries, template) for template in INVALID_HEADER_TEMPLATES
        ),
    )


def build_time_header_scheme(
    channel: str,
    headers: tuple[str, str],
    formats: tuple[str, str],
    units_per_second: int = 1,
    max_age: timedelta = DEFAULT_MAX_AGE,
) -> SignatureScheme:
    """Return the scheme of two headers: an HMAC over time and body, and the time.

    `formats` are the prefix of the signature and the template of the signed message.
    """
    prefix, message_template = formats
    signature_header, time_header = headers

    def build_delivery(random: Random, key: SigningKey, at: datetime) -> SignedDelivery:
        body, time = generate_body(random), format_epoch(at, units_per_second)
        message = message_template.format(time=time, body=body.decode()).encode()
        signature = prefix + compute_hmac(key, message).hex()
        headers = {signature_header: signature, time_header: time}
        return SignedDelivery(channel=channel, body=body, headers=headers)

    return SignatureScheme(
        name=channel,
        build_delivery=build_delivery,
        proof_parts=(HeaderPart(signature_header),),
        signed_parts=(HeaderPart(time_header), BodyPart()),
        unsigned_parts=(UrlPart(), QueryPart()),
        time_window=(max_age, max_age),
    )


def build_standard_scheme(channel: str, prefix: str) -> SignatureScheme:
    """Return the scheme of Standard Webhooks with a shared secret: an HMAC over id, time and body."""

    def build_delivery(random: Random, key: SigningKey, at: datetime) -> SignedDelivery:
        sign = partial(_sign_standard, key)
        return build_standard_delivery((channel, prefix), generate_body(random), at, sign)

    replace_list = partial(_replace_signature_list, f"{prefix}-signature")
    valid_templates = ("{} v1,{junk}", "v1,{junk} {}", "v1a,{junk} {}", "v9,x {} v1,")
    return SignatureScheme(
        name=f"{channel}/{prefix}",
        build_delivery=build_delivery,
        proof_parts=(HeaderPart(f"{prefix}-signature"),),
        signed_parts=(HeaderPart(f"{prefix}-id"), HeaderPart(f"{prefix}-timestamp"), BodyPart()),
        unsigned_parts=(UrlPart(), QueryPart()),
        generate_key=_generate_standard_key,
        time_window=DEFAULT_TIME_WINDOW,
        valid_mutations=tuple(partial(replace_list, template) for template in valid_templates),
        invalid_mutations=(partial(replace_list, "v1,{junk} v1a,{junk} {}="),),
    )


def build_standard_delivery(
    channel_prefix: tuple[str, str], body: bytes, at: datetime, sign: Callable[[bytes], str]
) -> SignedDelivery:
    """Return a delivery of Standard Webhooks for a channel and the prefix of its headers."""
    channel, prefix = channel_prefix
    time, message_id = format_epoch(at), f"msg_{len(body)}"
    signature = sign(f"{message_id}.{time}.".encode() + body)
    values = {"id": message_id, "timestamp": time, "signature": signature}
    headers = {f"{prefix}-{name}": value for name, value in values.items()}
    return SignedDelivery(channel=channel, body=body, headers=headers)


def _generate_standard_key(random: Random) -> SigningKey:
    return SigningKey(f"whsec_{encode_base64(random.randbytes(24))}")


def _sign_standard(key: SigningKey, message: bytes) -> str:
    secret = base64.b64decode(key.secret.removeprefix("whsec_"))
    return f"v1,{encode_base64(hmac.digest(secret, message, key.digest or 'sha256'))}"


def _replace_entries(
    header: str, separator: str, name: str, template: str, random: Random, delivery: SignedDelivery
) -> SignedDelivery:
    time, signature = delivery.headers[header].split(separator)
    value = template.format(
        time=time, signature=signature, sep=separator, junk=generate_token(random), name=name
    )
    return replace(delivery, headers=delivery.headers | {header: value})


def _replace_signature_list(
    header: str, template: str, random: Random, delivery: SignedDelivery
) -> SignedDelivery:
    value = template.format(delivery.headers[header], junk=encode_base64(random.randbytes(32)))
    return replace(delivery, headers=delivery.headers | {header: value})


def _rename_header(
    name: str, new_name: str, _random: Random, delivery: SignedDelivery
) -> SignedDelivery:
    headers = {new_name if key == name else key: value for key, value in delivery.headers.items()}
    return replace(delivery, headers=headers)


def _move_header(
    name: str, new_name: str, random: Random, delivery: SignedDelivery
) -> SignedDelivery:
    """Move the signature to another header and put a wrong one in its place."""
    moved = _rename_header(name, new_name, random, delivery)
    return replace(moved, headers=moved.headers | {name: generate_token(random)})
