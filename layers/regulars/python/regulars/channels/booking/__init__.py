"""Booking channels: Calendly and Cal.com."""
