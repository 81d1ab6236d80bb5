"""Square channel: webhook, sales, records and the export of sold items."""
