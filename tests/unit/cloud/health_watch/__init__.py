"""The watch from outside."""
