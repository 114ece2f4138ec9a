"""Who may read the page, and in which language:

Host: 192.168.4.1:8080 · gw-daruba · gw-daruba.local   ours      Host: rebound.example.com   not ours: 421
Authorization: Basic …:PASSWORD                        whoever knows the password; any name
Accept-Language: id, en;q=0.5                          id        ?language=en chooses, and is kept in the address
"""

import base64
import hmac
import ipaddress
from collections.abc import Collection
from urllib.parse import parse_qs

from edge.http.exchange import HttpRequest
from i18n.catalog import LanguageCode

_LONGEST_PASSWORD = 1_024


def is_for_us(host: str, names: Collection[str]) -> bool:
    """Whether a browser was sent here by a name that is the gateway's own.

    A page elsewhere may let its own name lead to this address, and then reads what it finds (DNS rebinding). It can do
    so with a name of the public DNS alone: not with an address, a name without a dot, or one of mDNS [RFC 6762].
    """
    name = _without_port(host).lower().removesuffix(".")
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        is_local = bool(name) and ("." not in name or name.endswith(".local"))
        return is_local or name in {known.lower() for known in names}
    return True


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def knows(request: HttpRequest, password: str) -> bool:
    """Whether the request brings the password, in whatever time it takes to compare all of it [RFC 7617]."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        _, _, said = base64.b64decode(given.strip(), validate=True).partition(b":")
    except ValueError:
        return False
    return hmac.compare_digest(said[:_LONGEST_PASSWORD], password.encode())


def language_of(request: HttpRequest) -> LanguageCode:
    """The language of the link, else the browser's first that Siaga speaks, else Indonesian, as the console does."""
    asked = parse_qs(request.query).get("language", [""])[0]
    accepted = request.headers.get("accept-language", "").split(",")
    for wish in (asked, *(part.partition(";")[0].strip()[:2].lower() for part in accepted)):
        if wish in set(LanguageCode):
            return LanguageCode(wish)
    return LanguageCode.INDONESIAN
