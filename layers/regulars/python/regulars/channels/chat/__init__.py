"""Messengers: messages, delivery states and opt-outs, without their text."""
