"""Warnings as CAP 1.2 files in a folder."""
