"""Checks that deliveries which a provider retries after an outage of six hours, or until it gives up, are accepted."""

from datetime import datetime, timedelta
from random import Random

import pytest

from regulars.channels.registry import CHANNELS, load_channel
from tests.conformance.mutations.key_ring import KeyRing
from tests.conformance.mutations.schemes.contract import UNLIMITED_AGE, SignatureScheme
from tests.conformance.mutations.schemes.registry import SIGNATURE_SCHEMES
from tests.conformance.mutations.signed_delivery import NOW, SignedDelivery, is_accepted
from tests.support import shopify_deliveries as shopify
from tests.support.deliveries import json_delivery

ONE_HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
OUTAGE_DURATION = 6 * ONE_HOUR
# How long each provider retries, by its documentation. A provider that is absent here does not retry, or does not say.
RETRY_DURATIONS = {
    "gumroad": timedelta(minutes=14),
    "hubspot": ONE_DAY,
    "instagram": 1.5 * ONE_DAY,
    "mailgun": 8 * ONE_HOUR,
    "messenger": 1.5 * ONE_DAY,
    "paddle": 3 * ONE_DAY,
    "paypal": 3 * ONE_DAY,
    "postmark": 10.5 * ONE_HOUR,
    "resend": 27.6 * ONE_HOUR,
    "sendgrid": ONE_DAY,
    "ses-sns": ONE_HOUR,
    "shopify": 4 * ONE_HOUR,
    "square": 3 * ONE_DAY,
    "stripe": 3 * ONE_DAY,
    "tally": ONE_DAY + 8 * ONE_HOUR,
    "whatsapp": 7 * ONE_DAY,
}
# These providers sign each attempt with its own time, so that an old signature is a replay.
RESIGNING_CHANNELS = {
    *("stripe", "paddle", "calendly", "hubspot", "chatwoot", "resend", "standard-webhooks"),
    *("wechat", "wecom"),
}
TIMED_SCHEMES = [scheme for scheme in SIGNATURE_SCHEMES if scheme.time_window[0] != UNLIMITED_AGE]


def scheme_name(scheme: SignatureScheme) -> str:
    return scheme.name


def build_delivery(scheme: SignatureScheme, signed_at: datetime) -> SignedDelivery:
    """Return a genuine delivery that was signed at this time and arrives now."""
    random = Random(scheme.name)
    key_ring = KeyRing(random, scheme)
    delivery = scheme.build_delivery(random, key_ring.active_keys[0], signed_at)
    return key_ring.add_secrets(delivery)


@pytest.mark.parametrize("scheme", SIGNATURE_SCHEMES, ids=scheme_name)
def test_delayed_delivery_is_not_refused_for_its_age(scheme: SignatureScheme) -> None:
    max_delay = max(RETRY_DURATIONS.get(scheme.channel, OUTAGE_DURATION), OUTAGE_DURATION)
    for delay in (ONE_HOUR, OUTAGE_DURATION, max_delay):
        age = timedelta(0) if scheme.channel in RESIGNING_CHANNELS else delay
        assert is_accepted(build_delivery(scheme, NOW - age)), delay


@pytest.mark.parametrize("scheme", TIMED_SCHEMES, ids=scheme_name)
@pytest.mark.parametrize("age", [timedelta(days=2), timedelta(days=400), -ONE_DAY - ONE_HOUR])
def test_replay_outside_the_time_window_is_refused(scheme: SignatureScheme, age: timedelta) -> None:
    assert not is_accepted(build_delivery(scheme, NOW - age))


def test_retry_durations_belong_to_existing_channels() -> None:
    assert RETRY_DURATIONS.keys() | RESIGNING_CHANNELS <= CHANNELS.keys()
    assert {scheme.channel for scheme in TIMED_SCHEMES} >= RESIGNING_CHANNELS


def test_delayed_order_keeps_its_own_time() -> None:
    created_at = (NOW - OUTAGE_DURATION).isoformat()
    times = dict.fromkeys(("created_at", "updated_at", "processed_at"), created_at)
    request = json_delivery(shopify.build_order() | times, None, x_shopify_topic="orders/create")
    (draft,) = load_channel("shopify").translate(request)
    assert datetime.fromisoformat(draft.event.occurred_at) == NOW - OUTAGE_DURATION
    assert not draft.event.backfill
