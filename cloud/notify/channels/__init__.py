"""The channels: one file for each kind, and the table of them in `catalog`."""
