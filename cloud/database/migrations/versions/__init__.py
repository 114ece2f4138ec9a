"""One file for each change of the registry database."""
