"""The demo: a sample shop from its first event to recommendations, and a report of what became of it."""
