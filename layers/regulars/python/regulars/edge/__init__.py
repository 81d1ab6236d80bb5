"""Where AWS meets the domain: HTTP answers, stream and S3 events, logging; all Powertools is here."""
