"""Shop channels: Shopify, WooCommerce, Gumroad, Ko-fi and Lemon Squeezy."""
