"""The schemes that sign a token, and those that only present the secret itself."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from urllib.parse import quote, urlencode

from tests.conformance.mutations.delivery_parts import (
    BodyPart,
    DeliveryPart,
    FormFieldPart,
    HeaderPart,
    JsonMemberPart,
    ParameterPart,
    UrlPart,
)
from tests.conformance.mutations.schemes.contract import (
    DEFAULT_MAX_AGE,
    Mutation,
    SignatureScheme,
)
from tests.conformance.mutations.schemes.request_mutations import (
    CONTENT_TYPE_HEADER,
    FORM_CONTENT_TYPE,
    FORM_ENCODING_MUTATIONS,
    encode_query,
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

URL_TOKEN_CHANNELS = (
    *("brevo", "google-forms", "gumroad", "jotform", "mailchimp", "mailjet", "postmark"),
)
TELEGRAM_TOKEN_HEADER = "x-telegram-bot-api-secret-token"
FORM_KEY_HEADER = "x-form-key"


def build_mailgun_delivery(random: Random, key: SigningKey, at: datetime) -> SignedDelivery:
    """Sign the time and a token. The signature does not cover the event beside them."""
    time, token = format_epoch(at), generate_token(random)
    signature = compute_hmac(key, f"{time}{token}".encode()).hex()
    proof = {"timestamp": time, "token": token, "signature": signature}
    body = json.dumps({"signature": proof, "event-data": generate_message(random)}).encode()
    headers = {CONTENT_TYPE_HEADER: "application/json"}
    return SignedDelivery(channel="mailgun", body=body, headers=headers)


def build_kofi_delivery(random: Random, key: SigningKey, _at: datetime) -> SignedDelivery:
    """Put the token into the JSON in the form."""
    text = json.dumps(generate_message(random) | {"verification_token": key.secret})
    return SignedDelivery(
        channel="kofi",
        body=urlencode({"data": text}).encode(),
        headers={CONTENT_TYPE_HEADER: FORM_CONTENT_TYPE},
    )


def build_telegram_delivery(random: Random, key: SigningKey, _at: datetime) -> SignedDelivery:
    """Put the token into a header."""
    headers = {TELEGRAM_TOKEN_HEADER: key.secret}
    return SignedDelivery(channel="telegram", body=generate_body(random), headers=headers)


def build_url_token_delivery(
    channel: str, random: Random, key: SigningKey, _at: datetime
) -> SignedDelivery:
    """Put the token into the URL."""
    query = f"a=1&token={key.secret}&b=2"
    return SignedDelivery(channel=channel, body=generate_body(random), query=query)


def build_password_delivery(
    channel: str, random: Random, key: SigningKey, _at: datetime
) -> SignedDelivery:
    """Put the name and the password into the header of HTTP Basic authentication."""
    headers = {"authorization": f"Basic {encode_base64(key.secret.encode())}"}
    return SignedDelivery(channel=channel, body=generate_body(random), headers=headers)


def build_form_delivery(
    location: str, random: Random, key: SigningKey, _at: datetime
) -> SignedDelivery:
    """Put the key of the form into the field, the header or the URL."""
    fields = {"email": "zoe@example.com", "topic": generate_token(random)}
    fields |= {"_key": key.secret} if location == "field" else {}
    headers = {CONTENT_TYPE_HEADER: FORM_CONTENT_TYPE}
    headers |= {FORM_KEY_HEADER: key.secret} if location == "header" else {}
    return SignedDelivery(
        channel="form",
        body=urlencode(fields).encode(),
        headers=headers,
        query=f"key={key.secret}" if location == "url" else "",
    )


def generate_password(random: Random) -> SigningKey:
    """Return a name and a password for HTTP Basic authentication."""
    return SigningKey(f"{generate_token(random)[:8]}:{generate_token(random)}")


class BasicCredentialsPart(HeaderPart):
    """The encoded name and password in the header of HTTP Basic authentication.

    The scheme's name before them is not part of it, because its case is not significant.
    """

    def read(self, delivery: SignedDelivery) -> str:
        """Return the credentials, or '' if there are none."""
        return super().read(delivery)[len("Basic ") :]

    def write(self, delivery: SignedDelivery, text: str | None) -> SignedDelivery:
        """Return the delivery with other credentials."""
        return super().write(delivery, None if text is None else f"Basic {text}")


def _move_token(target: str, _random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Move the token from the query to the body or to a header."""
    secret = next(secret for secret in delivery.secrets if quote(secret) in delivery.query)
    if target == "body":
        return replace(delivery, query="", body=urlencode({"token": secret}).encode())
    value = secret if target.startswith("x-") else f"Bearer {secret}"
    return replace(delivery, query="", headers=delivery.headers | {target: value})


def _move_boundary(characters: int, _random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Move the boundary between time and token. The signed bytes stay the same."""
    message = json.loads(delivery.body)
    proof = message["signature"]
    signed_text = proof["timestamp"] + proof["token"]
    index = 10 + characters
    proof |= {"timestamp": signed_text[:index], "token": signed_text[index:]}
    return replace(delivery, body=json.dumps(message).encode())


def _replace_scheme_name(_random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Write the name of the authentication scheme in lower case."""
    value = delivery.headers["authorization"].replace("Basic", "basic")
    return replace(delivery, headers={"authorization": value})


def build_token_schemes(channel: str) -> tuple[SignatureScheme, ...]:
    """Return the schemes of a secret in the URL and of a secret as password."""
    url_scheme = SignatureScheme(
        name=channel,
        build_delivery=partial(build_url_token_delivery, channel),
        proof_parts=(ParameterPart("token"),),
        unsigned_parts=(ParameterPart("a"), ParameterPart("b"), BodyPart(), UrlPart()),
        valid_mutations=(partial(_move_token, "authorization"), encode_query),
        invalid_mutations=(partial(_move_token, "x-token"), partial(_move_token, "body")),
        invalid_digests=(),
    )
    password_scheme = replace(
        url_scheme,
        name=f"{channel}/password",
        build_delivery=partial(build_password_delivery, channel),
        proof_parts=(BasicCredentialsPart("authorization"),),
        unsigned_parts=(BodyPart(), UrlPart()),
        generate_key=generate_password,
        valid_mutations=(_replace_scheme_name,),
        invalid_mutations=(),
    )
    return url_scheme, password_scheme


def _build_form_schemes() -> tuple[SignatureScheme, ...]:
    parts: dict[str, DeliveryPart] = {
        "field": FormFieldPart("_key"),
        "header": HeaderPart(FORM_KEY_HEADER),
        "url": ParameterPart("key"),
    }
    return tuple(
        SignatureScheme(
            name=f"form/{location}",
            build_delivery=partial(build_form_delivery, location),
            proof_parts=(part,),
            unsigned_parts=(FormFieldPart("email"), FormFieldPart("topic"), UrlPart()),
            valid_mutations=FORM_ENCODING_MUTATIONS,
            invalid_digests=(),
        )
        for location, part in parts.items()
    )


BOUNDARY_MUTATIONS: tuple[Mutation, ...] = tuple(
    partial(_move_boundary, characters) for characters in (-2, -1, 1, 2)
)
TOKEN_SCHEMES = (
    *(scheme for channel in URL_TOKEN_CHANNELS for scheme in build_token_schemes(channel)),
    *_build_form_schemes(),
    SignatureScheme(
        name="mailgun",
        build_delivery=build_mailgun_delivery,
        proof_parts=(JsonMemberPart("signature", "signature"),),
        signed_parts=(
            JsonMemberPart("timestamp", "signature"),
            JsonMemberPart("token", "signature"),
        ),
        unsigned_parts=(
            JsonMemberPart("note", "event-data"),
            JsonMemberPart("id", "event-data"),
            UrlPart(),
        ),
        time_window=(timedelta(hours=12), DEFAULT_MAX_AGE),
        invalid_mutations=BOUNDARY_MUTATIONS,
    ),
    SignatureScheme(
        name="kofi",
        build_delivery=build_kofi_delivery,
        proof_parts=(JsonMemberPart("verification_token", form_field="data"),),
        unsigned_parts=(JsonMemberPart("note", form_field="data"), UrlPart()),
        valid_mutations=FORM_ENCODING_MUTATIONS,
        invalid_digests=(),
    ),
    SignatureScheme(
        name="telegram",
        build_delivery=build_telegram_delivery,
        proof_parts=(HeaderPart(TELEGRAM_TOKEN_HEADER),),
        unsigned_parts=(BodyPart(), UrlPart()),
        invalid_digests=(),
    ),
)
