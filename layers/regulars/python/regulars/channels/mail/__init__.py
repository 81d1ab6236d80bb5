"""E-mail providers: deliveries, opens, clicks, bounces and unsubscribes."""
