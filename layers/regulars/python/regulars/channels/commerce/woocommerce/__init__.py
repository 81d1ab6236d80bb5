"""WooCommerce channel: webhook, export and the feed of the REST API."""
