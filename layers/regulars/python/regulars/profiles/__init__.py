"""Profiles: fold events into one profile per person, write it and verify it."""
