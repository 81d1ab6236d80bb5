"""Programs that run where an SDK is installed and nothing of ours."""
