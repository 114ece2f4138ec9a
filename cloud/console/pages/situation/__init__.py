"""The first page: how the city is doing, places that need somebody, the map, what changed, gateways that are away."""
