"""The console: one live page of the city's sensors, for the people on duty."""
