"""Channels that people add while the cloud runs, beside those of cloud.toml: rows, checks, changes, and who follows."""
