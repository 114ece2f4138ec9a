"""The page of one place: all that is measured there, and the chart of any of it."""
