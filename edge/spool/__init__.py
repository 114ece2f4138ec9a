"""The spool: readings on disk until the cloud has said that its database holds them.

spans.py, ledger.py, losses.py   where each reading is; pure
file.py, salvage.py, mark.py     the SQLite file and what to do when it is damaged; blocking, for a thread
spool.py                         what to write, drop, force and declare; pure
keeping.py                       the thin shell: threads, timers
"""
