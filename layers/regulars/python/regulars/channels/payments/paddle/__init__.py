"""Paddle Billing channel: webhook and sales."""
