"""Datasets: SQL features over the lake at past and present cut-offs."""
