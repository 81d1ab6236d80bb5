"""Event drafts of one kind: sales, mails, conversations and form submissions, shared by the providers of that kind."""
