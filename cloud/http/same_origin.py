"""Whether a request comes from our own pages, by what the browser says of it and a script cannot forge.

Sec-Fetch-Site: cross-site -> foreign    Origin: https://a.example, Host: b.example -> foreign    neither -> no browser
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers


def is_foreign(headers: Headers) -> bool:
    """Tell whether another site's page caused the request. A proxy before the cloud must pass on the Host header."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    return origin is not None and _host_of(origin) != headers.get("host", "").lower()


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def safe_next(path: str) -> str:
    """Choose where to go after the login: a path on this server, whatever was asked for."""
    local = path.startswith("/") and not path.startswith(("//", "/\\", "/login"))
    return path if local and path.isprintable() and "\\" not in path and len(path) <= 500 else "/"
