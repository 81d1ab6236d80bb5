"""Readers for the fields of a delivery: JSON values, times, money, quantities, persons, phone numbers and redaction."""
