"""Notifications: from an alarm's event to a message at a person, a siren or another system, each once.

event ─► router ─► notices ─► batcher ─► notifications ─► outbox ─► attempts ─► channels/<kind>     notifier.py runs all
It may import the rooms below it, alarms and derived among them: it reads their tables and is called by none of them.
"""
