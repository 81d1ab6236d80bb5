"""Limit how many links and subjects one subject can bring into play, so that reading a person has a bound."""

import msgspec


class LinkLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of links; docs/identity.md says what each of them bounds.

    Of the links of a subject to each kind of subject, the `stored_links` best are stored, of those to devices the
    `stored_devices` best, and the `browser_links` oldest of browsers take part. A tree of browsers' links has at most
    `tree_links` links in sequences of at most `tree_depth`. Strong links connect at most `strong_subjects`, statements
    without a person at most `stored_devices` devices, and a device leads to at most `device_leads` subjects.
    """

    stored_links: int = 40
    stored_devices: int = 200
    browser_links: int = 5
    tree_links: int = 50
    tree_depth: int = 10
    strong_subjects: int = 5_000
    device_leads: int = 10


LINK_LIMITS = LinkLimits()
