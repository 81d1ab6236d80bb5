"""Shopify: webhook, exports and the feed of its Admin API."""
