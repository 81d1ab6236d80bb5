"""WooCommerce: webhook, export and the feed of its REST API."""
