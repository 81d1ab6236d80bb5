"""The doors against what others really send: signature vectors, captured payloads, unmodified SDKs."""
