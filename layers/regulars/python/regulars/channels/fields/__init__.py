"""Readers for the fields of a delivery: JSON values, event times, persons, phone numbers and redaction."""
