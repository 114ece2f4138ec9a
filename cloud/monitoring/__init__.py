"""What the cloud watches of itself and its server, and the alarms that it raises about that.

health checks, files of the server ─► trouble.py: what lasts ─► platform_alarms.py: rows like all other alarms'
It may import the rooms below it, and is imported by the process alone.
"""
