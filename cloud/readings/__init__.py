"""Readings in their stores: the contract, SQLite, InfluxDB, columns of readings, the newest of each series."""
