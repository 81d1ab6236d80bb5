"""Datasets: SQL features over the lake's events at past and present cut-offs, as Parquet files."""
