"""Backup and restore of all that the cloud keeps: registry database and readings, from and into any engine.

It imports reports (the outbox), database, readings and core.
"""
