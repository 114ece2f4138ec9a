"""Historical readings: a file of them through the checks of live ones, and what follows from them behind it."""
