"""Stories: what happens on the simulated island in some three minutes, and where to look at it while it does."""
