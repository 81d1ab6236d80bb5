"""Drafts shared by the providers of one kind: sales, e-mail, conversations and form submissions."""
