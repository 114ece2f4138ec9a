"""The board: how every place is doing, kept up to date as it changes and shared by all who look at it."""
