"""Handlers to compare with: what one call of the AWS SDK costs, and nothing else."""
