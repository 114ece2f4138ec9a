"""Where readings come from: serial lines, and the local MQTT broker.

configured.py   what a [[sources]] table says, checked
serial.py       one line, opened again whenever it goes
identities.py   which of several alike sensors a name means
mqtt.py         all topics over one session
tally.py        how a source is doing
"""
