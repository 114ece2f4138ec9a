"""Made-up twins of recorded series: the same columns, units, order and faults, from a seed, and no number of theirs.

levels.py    hourly gates and ten-minute gauges: floods, typing errors, dropouts, a sensor that fails
air.py       published indices of air, and pairs of concentration and index
frames.py    a serial capture of an SDS011
messages.py  what MQTT devices send
"""
