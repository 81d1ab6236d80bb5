"""Form channels: form providers and the plain HTML form."""
