"""People who log in, and programs with tokens: who may do what, and where."""
