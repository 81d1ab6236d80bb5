"""Loads the local endpoints with many senders: each event with a 200 response must be in the ledger exactly once."""
