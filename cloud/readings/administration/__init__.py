"""Setting up and checking an InfluxDB, by commands: siaga-cloud store init | check.

plan.py       what shall be there: database or bucket, retention, two logins with the least rights
influxdb_1.py makes it by InfluxQL        influxdb_2.py makes it by influxdb-client
check.py      what is there, with the cloud's own login

Only the command line imports it; influxdb-client is slow to load.
"""
