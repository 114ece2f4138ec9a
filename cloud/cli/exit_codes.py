"""What a command's exit code says to whoever started it: systemd, a script, a person."""

ENDED = 1
"""The exit code for an end that nobody asked for: starting again may help. What passes is waited out."""
CANNOT_START = 2
"""The exit code for a mistake in the set-up or on the command line: starting again will not help."""
