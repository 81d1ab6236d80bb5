"""E-mail channels: deliveries, opens, clicks, bounces, complaints and unsubscribes."""
