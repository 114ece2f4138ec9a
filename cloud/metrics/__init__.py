"""Numbers about the platform, as Prometheus reads them. It may import gateways and the rooms below it."""
