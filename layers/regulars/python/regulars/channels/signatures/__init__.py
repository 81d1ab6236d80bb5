"""Webhook signature schemes, compared in constant time."""
