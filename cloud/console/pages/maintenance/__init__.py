"""The page of maintenance windows."""
