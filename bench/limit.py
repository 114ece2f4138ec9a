"""(a) This machine's limit: line protocol written straight to InfluxDB by a bare HTTP loop."""

import http.client
import json
import threading
import time
from collections.abc import Sequence

LINES_A_WRITE = 10_000


def readings_per_s(port: int, database: str, texts: Sequence[str], readings: int, *, connections: int) -> float:
    """Write `texts` (one HTTP body each) over `connections` at once; `readings` in them, a second."""
    make_database(port, database)
    bodies = [text.encode() for text in texts]
    shares = [bodies[start::connections] for start in range(connections)]
    threads = [threading.Thread(target=_write_all, args=(port, database, share)) for share in shares]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return readings / (time.perf_counter() - started)


def make_database(port: int, database: str) -> None:
    """Make `database`, empty."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for statement in (f"DROP+DATABASE+{database}", f"CREATE+DATABASE+{database}"):
        connection.request("POST", f"/query?q={statement}")
        connection.getresponse().read()


def count(port: int, database: str) -> int:
    """How many readings of pm2_5 `database` holds."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/query?db={database}&q=SELECT+count(pm2_5)+FROM+air")
    (result,) = json.loads(connection.getresponse().read())["results"]
    return int(result["series"][0]["values"][0][1]) if "series" in result else 0


def _write_all(port: int, database: str, bodies: Sequence[bytes]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for body in bodies:
        connection.request("POST", f"/write?db={database}&precision=ms", body)
        response = connection.getresponse()
        response.read()
        if response.status != 204:
            raise RuntimeError(f"InfluxDB answered {response.status} to a write of the bench")
