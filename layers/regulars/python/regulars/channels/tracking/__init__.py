"""The Segment tracking API and any sender of Standard Webhooks."""
