"""Payment channels: Stripe, PayPal, Paddle and Square."""
