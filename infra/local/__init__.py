"""The laptop's AWS: ministack in an environment of its own, and the very template deployed to it."""
