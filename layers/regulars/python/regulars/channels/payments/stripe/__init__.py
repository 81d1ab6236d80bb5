"""Stripe: webhook, exports and the feed of its event list."""
