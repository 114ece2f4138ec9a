"""Measurements, printed as ratios: `make bench` runs all and writes RESULTS.md."""
