"""E-mail: messages through a mail server."""
