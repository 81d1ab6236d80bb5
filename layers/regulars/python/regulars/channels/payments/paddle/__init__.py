"""Paddle Billing: webhook and sales."""
