"""Segments: RFM and clusters; trainer and plain Python scorer."""
