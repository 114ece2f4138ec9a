"""The feed: what a process that ingests has in memory alone, told to those that show it, and what they ask of it."""
