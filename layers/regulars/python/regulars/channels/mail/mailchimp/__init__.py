"""Mailchimp channel: audience webhook and audience export."""
