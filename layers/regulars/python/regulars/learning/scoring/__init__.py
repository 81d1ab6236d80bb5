"""Scoring: load the champions, score all people of a dataset and store what changed."""
