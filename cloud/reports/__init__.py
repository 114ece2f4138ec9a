"""Reports: what the cloud writes into InfluxDB besides readings, so that Grafana shows it without a plugin.

PlatformSnapshot ─► situation · alarms · fleet · ingest · thresholds ─► points ─► lines ─► store      service.py runs
It may import the rooms below it, and is imported by the process and by backup alone.
"""
