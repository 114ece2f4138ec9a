"""Incidents: all that is known of one alarm, gathered, in words, and as a file to hand on."""
