"""URLs that hold secrets, and sentences without them: a bot's token, a webhook's path, a login before the host.

SecretUrl("https://hooks.example.org/T024/x8Qz?key=1")     str -> "https://hooks.example.org/…"     .whole -> all of it
scrubbed("no answer from http://ani:pw@10.0.0.5:8086/write?p=pw") -> "no answer from http://10.0.0.5:8086/…"
"""

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from i18n.message import LocalizedMessage

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]{1,30}://)"
    r"(?P<login>[^\s/?#\"'<>]*@)?(?P<host>[^\s/?#\"'<>;,)]*)"
    r"(?P<rest>[/?#][^\s\"'<>]*)?"
)
_BOT = re.compile(r"\bbot\d{3,}:[\w-]{8,}")  # a path of Telegram's API without its host
_FILES = ("sqlite", "file:")
"""The schemes of what lies on this machine: where it lies helps, and is no secret."""
_ENDS = ".,;:)]}"
"""What ends a sentence, and not a URL, when it stands after one."""


class SecretUrl:
    """A URL of which people, logs and screens see scheme, host and port alone; `whole` is for the request itself.

    `secrets` are what else of it must not be seen where it stands alone: a token within a part of its path.
    """

    __slots__ = ("_secrets", "whole")

    def __init__(self, whole: "str | SecretUrl", *, secrets: tuple[str, ...] = ()) -> None:
        self.whole: str = whole.whole if isinstance(whole, SecretUrl) else whole
        self._secrets = secrets

    def __str__(self) -> str:
        return shown_url(self.whole)

    def __repr__(self) -> str:
        return f"SecretUrl({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretUrl) and other.whole == self.whole

    def __hash__(self) -> int:
        return hash(self.whole)

    def keep_out_of(self, text: str) -> str:
        """`text` without this URL and without the parts of it that could be secret, whoever wrote them there."""
        for part in sorted(self._parts(), key=len, reverse=True):
            text = text.replace(part, "…")
        return scrubbed(text)

    def _parts(self) -> set[str]:
        parts = urlsplit(self.whole)
        pieces = [parts.path, parts.query, parts.username or "", parts.password or "", *parts.path.split("/")]
        pieces += [piece.partition("=")[2] for piece in parts.query.split("&")]
        return {piece for piece in (*pieces, *self._secrets) if len(piece) >= _SHORTEST_SECRET}

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        of_text = core_schema.no_info_after_validator_function(cls, core_schema.str_schema(strip_whitespace=True))
        return core_schema.union_schema([core_schema.is_instance_schema(cls), of_text])


_SHORTEST_SECRET = 6
"""Shorter parts of a URL ("api", "v1") are no secrets, and would tear holes into sentences."""


def shown_url(url: str) -> str:
    """Scheme, host and port of `url`, and an ellipsis for all else that it has."""
    found = _URL.match(url)
    return "…" if found is None else _shown(found)


def scrubbed(text: str) -> str:
    """`text` with every URL in it cut to what may be shown; a message stays one."""
    if isinstance(text, LocalizedMessage):
        return text.with_texts(scrubbed)
    if "://" in text:
        text = _URL.sub(_shown, text)
    return _BOT.sub("bot…", text)


def _shown(found: re.Match[str]) -> str:
    if found["scheme"].startswith(_FILES):
        return found[0]
    rest = found["rest"] or ""
    bare = rest.rstrip(_ENDS)
    return f"{found['scheme']}{found['host']}{'/…' if len(bare) > 1 else bare}{rest[len(bare) :]}"
