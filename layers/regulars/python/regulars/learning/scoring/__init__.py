"""Scoring: load the champions, score everybody in a dataset and store what changed."""
