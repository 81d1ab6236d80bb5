"""WeChat Official Accounts: webhook and sealed envelopes."""
