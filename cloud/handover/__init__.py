"""Handover notes: what one shift of the command center writes for the next one, and who of that has read it."""
