"""The spool: readings on disk until the cloud has said that its database holds them.

spans.py, ledger.py, losses.py       where each reading is; pure
file.py, schema.py                   the SQLite file and its tables; blocking, for a thread
tables.py, rows.py                   their rows, and the check sum of each
salvage.py, page_scan.py, pages.py   what to do when it is damaged: read it without SQLite, and put the rest together
sync_checkpoint.py, disk.py          what was forced to disk; room on the disk
spool.py, arrival_times.py           what to write, drop, force and declare; pure
spooler.py                           the thin shell: threads, timers
"""
