"""What tells that the power goes, and what is done in the time that is left."""
