"""A diagnostics archive for whoever helps from afar: what a gateway is and does, and none of its secrets.

redaction.py   secrets taken out of settings, and of all texts         contents.py   what is in it, a function a file
archive.py     the .tar.gz of it, bounded, for its owner alone
"""
