"""The demo's past: a month of the simulated island, written through the real ingest in its own time.

readings.py   what the devices would have given            clock.py    a clock that is set by hand
writer.py     ingest, derivations, rules and staff by it   staff.py    who acknowledged what
opening.py    an empty cloud in the past                   folder.py   once for each data folder, whole or not at all
copied.py     what waits for an InfluxDB …                 reports.py  what dashboards read of it besides readings
handing_over.py   … is taken there, day by day

Everything simulated says so: the city's name, the stream of each batch, the word of each acknowledgement. Where the
past ends the devices of the present go on (`demo/devices/`), by the same functions of time (`demo/island/`). A story
changes these functions or what a device of the present says; it needs nothing of this room, unless it is to be told
in the past: then a `Past` with other devices is written by `open_past` and `HistoryWriter.write`, stretch by stretch.
"""
