"""WeChat Official Account channel: webhook and encrypted envelopes."""
