"""The page of thresholds: the rules in force, their editor with its preview, their versions."""
