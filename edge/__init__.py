"""The gateway agent: sources -> spool -> uplink, with nothing lost on the way."""
