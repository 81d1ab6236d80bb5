"""Recommender: trainer, hold-out, plain Python scorers and candidates."""
