"""PayPal: webhook and sales."""
