"""Whether a cloud answers at all, for a container's health check:  python -m cloud.process.alive http://127.0.0.1:8080

Exit code 0: it answers, be it that a part is down; 1: it does not.
"""

import sys
import urllib.error
import urllib.request

TIMEOUT_S = 4


def is_alive(address: str) -> bool:
    """Say whether the cloud at `address` (http://host:port) answers, be it that it is down."""
    try:
        urllib.request.urlopen(f"{address}/api/v1/health", timeout=TIMEOUT_S).close()  # noqa: S310 - http, by our own files
    except urllib.error.HTTPError as answer:
        return answer.code == 503  # it is down, and says so
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(0 if is_alive(sys.argv[1]) else 1)
