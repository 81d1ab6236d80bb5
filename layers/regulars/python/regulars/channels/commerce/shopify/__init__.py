"""Shopify channel: webhook, exports and the feed of the Admin API."""
