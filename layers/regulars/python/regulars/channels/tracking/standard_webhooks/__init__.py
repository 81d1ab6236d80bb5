"""Standard Webhooks channel: webhook, the mapping of the source and the order of an event."""
