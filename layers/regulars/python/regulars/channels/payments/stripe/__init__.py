"""Stripe channel: webhook, exports and the feed of the event list."""
