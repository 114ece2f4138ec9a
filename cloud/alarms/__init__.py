"""Alarms in the cloud: the book of rules, the watch over readings, and what people do about alarms."""
