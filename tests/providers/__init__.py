"""Providers that stand in for the real ones: they speak the documented APIs, with their limits and their faults."""
