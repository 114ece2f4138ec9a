"""The cloud: ingest, readings store, registry, dead letters, loss accounting, API and console."""
