"""After a fault of six hours, or of as long as a provider tries again, what it kept for us is still taken."""

from datetime import datetime, timedelta
from random import Random

import pytest

from regulars.channels.registry import CHANNELS, load_channel
from tests.conformance.mutations.delivery import NOW, Delivery, is_believed
from tests.conformance.mutations.ring import Ring
from tests.conformance.mutations.scheme import ALWAYS, Scheme
from tests.conformance.mutations.schemes import SCHEMES
from tests.support import shopify_deliveries as shopify
from tests.support.deliveries import of_json

HOURS, DAYS = timedelta(hours=1), timedelta(days=1)
OUTAGE = 6 * HOURS
# How long each goes on, by its own documents; who is not named does not try again, or says nothing of it.
HORIZONS = {
    "gumroad": timedelta(minutes=14),
    "hubspot": DAYS,
    "instagram": 1.5 * DAYS,
    "mailgun": 8 * HOURS,
    "messenger": 1.5 * DAYS,
    "paddle": 3 * DAYS,
    "paypal": 3 * DAYS,
    "postmark": 10.5 * HOURS,
    "resend": 27.6 * HOURS,
    "sendgrid": DAYS,
    "ses-sns": HOURS,
    "shopify": 4 * HOURS,
    "square": 3 * DAYS,
    "stripe": 3 * DAYS,
    "tally": DAYS + 8 * HOURS,
    "whatsapp": 7 * DAYS,
}
# Each attempt carries a signature and a time of its own: an old one is a replay.
SIGNED_ANEW = {
    *("stripe", "paddle", "calendly", "hubspot", "chatwoot", "resend", "standard-webhooks"),
    *("wechat", "wecom"),
}
TIMED = [scheme for scheme in SCHEMES if scheme.window[0] != ALWAYS]


def named(scheme: Scheme) -> str:
    return scheme.name


def sent(scheme: Scheme, signed_at: datetime) -> Delivery:
    """A genuine delivery that was signed then and comes now."""
    random = Random(scheme.name)
    ring = Ring(random, scheme)
    return ring.put(scheme.made(random, ring.live[0], signed_at))


@pytest.mark.parametrize("scheme", SCHEMES, ids=named)
def test_backlog_is_not_refused_for_its_age(scheme: Scheme) -> None:
    longest = max(HORIZONS.get(scheme.channel, OUTAGE), OUTAGE)
    for delay in (HOURS, OUTAGE, longest):
        age = timedelta(0) if scheme.channel in SIGNED_ANEW else delay
        assert is_believed(sent(scheme, NOW - age)), delay


@pytest.mark.parametrize("scheme", TIMED, ids=named)
@pytest.mark.parametrize("age", [timedelta(days=2), timedelta(days=400), -DAYS - HOURS])
def test_replay_far_outside_is_refused_where_a_time_is_signed(
    scheme: Scheme, age: timedelta
) -> None:
    assert not is_believed(sent(scheme, NOW - age))


def test_only_channels_that_are_there_have_a_horizon() -> None:
    assert HORIZONS.keys() | SIGNED_ANEW <= CHANNELS.keys()
    assert {scheme.channel for scheme in TIMED} >= SIGNED_ANEW


def test_late_order_is_told_with_its_own_time() -> None:
    before = (NOW - OUTAGE).isoformat()
    order = shopify.order() | {"created_at": before, "updated_at": before, "processed_at": before}
    request = of_json(order, None, x_shopify_topic="orders/create")
    (draft,) = load_channel("shopify").translate(request)
    assert datetime.fromisoformat(draft.event.occurred_at) == NOW - OUTAGE
    assert not draft.event.backfill
