"""The HTTP interface: everything the console shows, for programs."""
