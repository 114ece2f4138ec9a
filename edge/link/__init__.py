"""The link to the cloud: what may go over it, how much at once, and over which of several it goes.

settings.py            [uplink] of edge.toml
quiet_hours.py         the hours in which the backlog goes; pure
meter.py               so many kilobits a second; pure
pace.py                how much of the backlog may be under way on a link like this one; pure
catch_up.py            all three as one answer: what may go now; pure
fitting.py             as many readings as fit into a batch
strange_acks.py        acks of streams that were never here
wake_up.py             one timer that is set again and again
ways.py                which of several interfaces; pure
way_changes.py         the thin shell around it
"""
