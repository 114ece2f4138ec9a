"""The mobile modem by ModemManager: how its radio does, what of the plan is used, and SMS where the cloud is away.

ModemManager ─D-Bus─► bus.py ─► view.py: one modem in plain words ─► part.py ─► readings, notes, status
                        ▲                                              └─► quota.py: bytes of the plan's month
                        └── send: edge/alarms/sms/

Not loaded by a gateway whose edge.toml has no [modem].
"""
