"""Logs: one line an event on standard error, as systemd and Docker want them.

2026-11-24T03:10:00Z edge.uplink WARNING: broker 10.0.0.5:8883 refused the connection; trying again in 4 s

Whatever came from outside stays on its line, and no secret of a URL is written down; a traceback alone has more lines.
"""

import logging
import re
import sys
import time

from runtime.secret_urls import scrubbed

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LONGEST_LINE = 4_000
"""Characters of one event: what is longer is cut, so that nobody fills a disk with few of them."""


class OneLine(logging.Formatter):
    """An event as one line, with what it says of others' making escaped; its traceback below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line without the traceback."""
        line = _CONTROL.sub(_escaped, scrubbed(super().formatMessage(record)))
        return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"

    def formatException(self, ei: object) -> str:  # noqa: N802 - as above
        """The traceback, indented: the text of the error is anybody's, and must not look like another event."""
        text = scrubbed(super().formatException(ei))  # type: ignore[arg-type]
        return "\n".join(f"    {_CONTROL.sub(_escaped, line)}" for line in text.split("\n"))


def set_up_logs(*, verbose: bool = False) -> None:
    """Send the process's log to standard error, from INFO, or from DEBUG when `verbose`."""
    formatter = OneLine("%(asctime)sZ %(name)s %(levelname)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for chatty in ("mqtt", "httpx", "httpcore", "alembic", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode()
