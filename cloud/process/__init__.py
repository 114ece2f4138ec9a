"""The cloud's process: start, wiring, reload, stop, and cloud.toml as a whole. It imports all rooms below."""
