"""Booking calendars: Calendly and Cal.com."""
