"""Channels: those of cloud.toml and those that people add, how each does, and what administrators change of them."""
