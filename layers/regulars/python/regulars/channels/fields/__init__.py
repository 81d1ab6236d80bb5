"""Readers for the fields of a delivery: JSON values, event times, persons, phones and redaction."""
