"""Readings stores: one contract, SQLite and InfluxDB."""
