"""Every scheme of every channel that takes deliveries."""

from datetime import timedelta

from tests.conformance.mutations.schemes.body_hmac import stamped, standard, timed, whole
from tests.conformance.mutations.schemes.certificate import CERTIFIED
from tests.conformance.mutations.schemes.encrypted_envelope import SEALED
from tests.conformance.mutations.schemes.key_pair import KEYED
from tests.conformance.mutations.schemes.shared_token import SHOWN
from tests.conformance.mutations.schemes.signed_url import ADDRESSED

SCHEMES = (
    whole("shopify", "x-shopify-hmac-sha256"),
    whole("woocommerce", "x-wc-webhook-signature"),
    whole("typeform", "typeform-signature", "sha256="),
    whole("tally", "tally-signature"),
    whole("line", "x-line-signature"),
    whole("calcom", "x-cal-signature-256", hexed=True),
    whole("lemonsqueezy", "x-signature", hexed=True),
    whole("intercom", "x-hub-signature", "sha1=", hexed=True, digest="sha1"),
    *(
        whole(channel, "x-hub-signature-256", "sha256=", hexed=True)
        for channel in ("whatsapp", "messenger", "instagram")
    ),
    timed("stripe", "stripe-signature", ",", ("t", "v1"), "."),
    timed("calendly", "calendly-webhook-signature", ",", ("t", "v1"), "."),
    timed("paddle", "paddle-signature", ";", ("ts", "h1"), ":"),
    stamped(
        "chatwoot", ("x-chatwoot-signature", "x-chatwoot-timestamp"), ("sha256=", "{time}.{body}")
    ),
    stamped(
        "crisp",
        ("x-crisp-signature", "x-crisp-request-timestamp"),
        ("", "[{time};{body}]"),
        1000,
        timedelta(days=1),
    ),
    standard("standard-webhooks", "webhook"),
    standard("resend", "svix"),
    standard("resend", "webhook"),
    *ADDRESSED,
    *KEYED,
    *CERTIFIED,
    *SEALED,
    *SHOWN,
)
