"""Modbus without a line: what a frame says, what a register means, whom to ask next.  families/modbus.py carries it."""
