"""Churn: trainer, candidates, plain Python scorers and reasons."""
