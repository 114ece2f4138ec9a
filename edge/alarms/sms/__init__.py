"""Local alarms as SMS, where the cloud has not answered for the readings that raised them.

open alarms ─► journal.py: who must still be told what ─► text.py: one SMS of all of it ─► output.py ─► ModemManager
                the cloud acknowledges ─► it is the cloud's to tell             allowance.py: how many an hour

Not loaded by a gateway without an output of the kind sms.
"""
