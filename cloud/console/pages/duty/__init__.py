"""The page of the duty calendar."""
