"""Notifications: from an alarm's event to what a person, a siren or another system has been told, each once."""
