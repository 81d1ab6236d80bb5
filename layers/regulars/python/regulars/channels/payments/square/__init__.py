"""Square: webhook, sales, records and the export of items sold."""
