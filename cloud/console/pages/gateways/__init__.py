"""Gateways and refused readings: two tables, which stand on the page of the situation."""
