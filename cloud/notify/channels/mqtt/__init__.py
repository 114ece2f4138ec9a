"""Sirens and signs: commands by MQTT, and what devices answer."""
