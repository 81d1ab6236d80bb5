"""Use cases of the doors: verify, translate and record what comes in."""
