"""Regulars: one profile per buyer, from every channel, scored every night."""
