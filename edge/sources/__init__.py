"""Where readings come from: serial lines, the local MQTT broker, and devices that push over HTTP.

configured.py   what a [[sources]] table says, checked
serial.py       one line, opened again whenever it goes
identities.py   which of several alike sensors a name means
mqtt.py         all topics over one session
push.py         one port that devices push to
tally.py        how a source is doing
"""
