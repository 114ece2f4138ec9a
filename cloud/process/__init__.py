"""The cloud's process: start, wiring, reload, stop, and the settings of all its rooms."""
