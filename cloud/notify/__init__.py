"""Notifications: from an alarm event to somebody who knows of it, once."""
