"""Lists the schemes of all channels that receive deliveries."""

from datetime import timedelta

from tests.conformance.mutations.schemes.body_hmac import (
    build_body_scheme,
    build_entries_scheme,
    build_standard_scheme,
    build_time_header_scheme,
)
from tests.conformance.mutations.schemes.certificate import CERTIFICATE_SCHEMES
from tests.conformance.mutations.schemes.encrypted_envelope import ENVELOPE_SCHEMES
from tests.conformance.mutations.schemes.key_pair import KEY_PAIR_SCHEMES
from tests.conformance.mutations.schemes.shared_token import TOKEN_SCHEMES
from tests.conformance.mutations.schemes.signed_url import URL_SCHEMES
from tests.conformance.mutations.schemes.twilio import TWILIO_SCHEMES

SIGNATURE_SCHEMES = (
    build_body_scheme("shopify", "x-shopify-hmac-sha256"),
    build_body_scheme("woocommerce", "x-wc-webhook-signature"),
    build_body_scheme("typeform", "typeform-signature", "sha256="),
    build_body_scheme("tally", "tally-signature"),
    build_body_scheme("line", "x-line-signature"),
    build_body_scheme("calcom", "x-cal-signature-256", is_hexadecimal=True),
    build_body_scheme("lemonsqueezy", "x-signature", is_hexadecimal=True),
    build_body_scheme("intercom", "x-hub-signature", "sha1=", is_hexadecimal=True, digest="sha1"),
    *(
        build_body_scheme(channel, "x-hub-signature-256", "sha256=", is_hexadecimal=True)
        for channel in ("whatsapp", "messenger", "instagram")
    ),
    build_entries_scheme("stripe", "stripe-signature", ",", ("t", "v1"), "."),
    build_entries_scheme("calendly", "calendly-webhook-signature", ",", ("t", "v1"), "."),
    build_entries_scheme("paddle", "paddle-signature", ";", ("ts", "h1"), ":"),
    build_time_header_scheme(
        "chatwoot", ("x-chatwoot-signature", "x-chatwoot-timestamp"), ("sha256=", "{time}.{body}")
    ),
    build_time_header_scheme(
        "crisp",
        ("x-crisp-signature", "x-crisp-request-timestamp"),
        ("", "[{time};{body}]"),
        units_per_second=1000,
        max_age=timedelta(days=1),
    ),
    build_standard_scheme("standard-webhooks", "webhook"),
    build_standard_scheme("resend", "svix"),
    build_standard_scheme("resend", "webhook"),
    *URL_SCHEMES,
    *TWILIO_SCHEMES,
    *KEY_PAIR_SCHEMES,
    *CERTIFICATE_SCHEMES,
    *ENVELOPE_SCHEMES,
    *TOKEN_SCHEMES,
)
