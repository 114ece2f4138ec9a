"""Dialects, ways in which devices write readings as MQTT messages: one file each, which opens with a message."""
