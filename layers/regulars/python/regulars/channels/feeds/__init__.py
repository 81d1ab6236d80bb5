"""Provider APIs that list what changed, page by page."""
