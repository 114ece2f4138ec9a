"""The demo: the whole platform in one process tree, on embedded parts, fed by simulated devices."""
