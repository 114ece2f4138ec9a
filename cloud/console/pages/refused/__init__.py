"""Refused readings: grouped by reason, read raw and decoded, tried again or thrown away with a word."""
