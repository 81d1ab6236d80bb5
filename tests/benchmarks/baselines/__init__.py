"""Baseline handlers: the cost of one call of the AWS SDK, and nothing else."""
