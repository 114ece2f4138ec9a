"""Simulated devices: real frames of real sensors on real pseudo-terminals, and real messages over MQTT."""
