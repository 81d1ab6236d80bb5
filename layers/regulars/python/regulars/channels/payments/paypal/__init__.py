"""PayPal channel: webhook and sales."""
