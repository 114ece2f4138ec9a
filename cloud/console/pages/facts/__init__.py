"""The page of dated facts."""
