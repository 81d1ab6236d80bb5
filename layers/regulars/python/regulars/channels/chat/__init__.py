"""Messaging channels: messages, delivery states and opt-outs, without message text."""
