"""Tracking channels: the Segment tracking API and any sender of Standard Webhooks."""
