"""One module per provider: `verify` a delivery, then `translate` it into events."""
