"""Payment providers: Stripe, PayPal, Paddle and Square."""
