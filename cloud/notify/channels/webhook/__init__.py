"""Webhooks: signed JSON for another system."""
