"""The local door under many senders at once: what it answered with a 200 is in the ledger, once."""
