"""Numbers about the platform, as Prometheus reads them."""
