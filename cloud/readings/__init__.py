"""Readings in their stores: the contract, SQLite, InfluxDB, columns of readings, the newest of each series.

blocks ─► encode ─► write ─► history, newest, read_all        contract.py says what every engine promises
It imports core alone.
"""
