"""The first page: open alarms, the strip of domains, the map and a card for each site, gateways, refused readings."""
