"""Alarms without the cloud: the city's rules on this gateway's sensors, and the sirens and relays it drives.

readings ─► watch.py (the engine of rules/) ─► open alarms ─► duty.py ─► outputs ─► siren | relay | line of a chip
          the state, committed with the readings      ─► journal.py ─► …/status ─► one alarm in the cloud
"""
