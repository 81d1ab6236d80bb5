"""Builders, stores in memory and scenarios that several suites share."""
