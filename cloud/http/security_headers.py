"""The headers that every answer carries, so that a browser keeps what is ours to us.

Content-Security-Policy: default-src 'self'; …      X-Content-Type-Options: nosniff      X-Frame-Options: DENY
"""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# of pages that say no policy of their own; the interface's documentation writes its script into its page
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:{tiles}; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:;"
    " object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


def content_policy(tiles: str = "") -> str:
    """Write the Content-Security-Policy of our pages; `tiles` is the URL template of a map's tiles elsewhere."""
    return _POLICY.format(tiles=tiles_of(tiles))


def tiles_of(tiles: str) -> str:
    """Write the source of a map's tiles for a policy, after a blank; empty for tiles of our own, or none."""
    parts = urlsplit(tiles)
    return f" {parts.scheme}://{parts.netloc.replace('{s}', '*')}" if parts.scheme and parts.netloc else ""


def add_headers(headers: MutableHeaders, *, policy: str) -> None:
    """Add to an answer's headers what it does not say itself."""
    for name, content in _ALWAYS.items():
        headers.setdefault(name, content)
    headers.setdefault("Content-Security-Policy", policy)
    headers.setdefault("Cache-Control", "no-store")  # it depends on who asks, unless it says that it does not
