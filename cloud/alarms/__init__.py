"""Alarms: rules evaluated on readings and on silence, their events, and what people do about them."""
