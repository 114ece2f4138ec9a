"""Reports: what the cloud writes into InfluxDB besides readings, so that Grafana shows it without a plugin."""
