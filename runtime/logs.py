"""Logs: one line an event on standard error, as systemd and Docker want them.

2026-11-24T03:10:00Z edge.uplink WARNING: broker 10.0.0.5:8883 refused the connection; trying again in 4 s
"""

import logging
import sys
import time


def set_up_logs(*, verbose: bool = False) -> None:
    """Send the process's log to standard error, from INFO, or from DEBUG when `verbose`."""
    formatter = logging.Formatter("%(asctime)sZ %(name)s %(levelname)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for chatty in ("mqtt", "httpx", "httpcore", "alembic", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
