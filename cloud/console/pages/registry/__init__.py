"""The registry: sites, gateways and sensors, found, added, changed, retired and brought back; each change undone."""
