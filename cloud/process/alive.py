"""Whether a cloud is at work, for a container's health check:  python -m cloud.process.alive http://127.0.0.1:8080

Exit code 0: it answers, be it that something it needs is down; 1: it does not, or its ingest hangs (ingest/runner.py).
Screens of what another process ingests are at work when they answer.
"""

import json
import sys
import urllib.error
import urllib.request

TIMEOUT_S = 4
INGESTER = "ingester"
"""A part that is told of by screens alone: what hangs then is another process."""
_MOST_BYTES = 1_000_000


def is_alive(address: str) -> bool:
    """Say whether the cloud at `address` (http://host:port) answers, be it that it is down, and does not hang."""
    try:
        urllib.request.urlopen(f"{address}/api/v1/health", timeout=TIMEOUT_S).close()  # noqa: S310 - http, by our own files
    except urllib.error.HTTPError as answer:
        return answer.code == 503 and not _ingest_hangs(answer)  # it is down, and says so
    except OSError:
        return False
    return True


def _ingest_hangs(answer: urllib.error.HTTPError) -> bool:
    """Whether health says that ingest itself is down, which is what it says of nothing else."""
    try:
        components = json.loads(answer.read(_MOST_BYTES))["components"]
        return bool(components["ingest"]["status"] == "down") and INGESTER not in components
    except (OSError, ValueError, TypeError, KeyError):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(sys.argv[1]) else 1)
