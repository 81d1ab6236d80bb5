"""Use cases of the doors: what comes in is durable, known once, and split into who and what."""
