"""The watch from outside: a process on another machine that asks health, and notifies when it gets no good answer.

probe.py asks ─► verdict.py judges ─► messages.py words it ─► the senders of notify      memory.py outlasts a restart
It needs little (`siaga[watch]`), so it may import of notify only channels, notifications and texts, and no database.
"""
