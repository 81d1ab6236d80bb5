"""Ingestion: receive, verify, translate and record what providers and SDKs send, and what exports and APIs contain."""
