"""The watch over the platform itself."""
