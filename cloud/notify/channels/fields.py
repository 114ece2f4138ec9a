"""Addresses that people write into settings, as types: a mailbox, a chat, a server.

EmailAddress "duty@morotai.go.id"      ChatId "-1001234567890", "@siaga_morotai"      HttpUrl "https://siaga.morotai.go.id"
Empty is none, where the field may be left out.
"""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from cloud.core.printable import PrintableText
from i18n.message import LocalizedMessage
from runtime.secret_urls import SecretUrl
from wire import is_printable


def _email_address(text: str) -> str:
    if text and not (re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", text) and is_printable(text)):
        raise ValueError(LocalizedMessage('write an address such as "duty@morotai.go.id"'))
    return text


def _chat_id(text: str) -> str:
    if text and not re.fullmatch(r"-?\d{1,20}|@\w{5,32}", text):
        raise ValueError(
            LocalizedMessage('write a chat id such as "-1001234567890" or a channel such as "@siaga_morotai"')
        )
    return text


def _http_url(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_printable(text):
        raise ValueError(LocalizedMessage('write an address such as "https://siaga.morotai.go.id"'))
    return text.rstrip("/")


def _secret_http_url(url: SecretUrl) -> SecretUrl:
    return SecretUrl(_http_url(url.whole or " "))


Name = Annotated[PrintableText, Field(min_length=1, max_length=64)]
PerMinute = Annotated[int, Field(ge=1, le=6_000)]
EmailAddress = Annotated[str, AfterValidator(_email_address)]
SenderAddress = Annotated[str, AfterValidator(lambda text: _email_address(text or " "))]
"""An address that must be there."""
ChatId = Annotated[str, AfterValidator(_chat_id)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
SecretHttpUrl = Annotated[SecretUrl, AfterValidator(_secret_http_url)]
"""An address that must be there, and of which people see the host alone."""
