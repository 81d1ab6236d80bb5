"""Providers by kind: each channel verifies a delivery and translates it into events."""
