"""Recommendations at serve time, for a known person and for a visitor."""
