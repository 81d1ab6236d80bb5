"""HTTP requests and responses, stream and S3 events, logging and cold start: everything that touches AWS event formats."""
