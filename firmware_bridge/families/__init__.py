"""Families of sensors on a serial line: one file each, which opens with its frame."""
