"""The registry database's forms, one file for each change, run in order at the start of the cloud."""
