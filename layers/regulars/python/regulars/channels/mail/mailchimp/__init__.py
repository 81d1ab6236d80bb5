"""Mailchimp: audience webhook and audience export."""
