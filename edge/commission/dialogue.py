"""Questions at a terminal, each with a suggestion that Enter takes:

the name of this gateway [gw-daruba]: ▯
"""

import re
import socket
import sys
from collections.abc import Callable

from edge.terminal import prompt, say
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import LocalizedMessage
from runtime.address import Address, parse_address
from runtime.broker_settings import TLS_PORT
from wire.names import MAX_NAME_LENGTH, is_name

_TRIES = 5


class NoAnswer(Exception):
    """Nobody gave an answer that can be used."""


class Dialogue:
    """Asks, or takes every suggestion by itself (`takes_all`)."""

    def __init__(self, language: LanguageCode, *, takes_all: bool) -> None:
        self._language = language
        self._takes_all = takes_all

    def tell(self, *sentences: str) -> None:
        """Say something."""
        say(sentences, self._language, sys.stdout)

    def ask(self, question: str, suggestion: str, problem: Callable[[str], LocalizedMessage | None]) -> str:
        """The answer, for which `problem` has no sentence; NoAnswer after several that have."""
        for _ in range(1 if self._takes_all else _TRIES):
            given = suggestion if self._takes_all else self._typed(question, suggestion)
            wrong = problem(given)
            if wrong is None:
                return given
            self.tell(wrong)
        raise NoAnswer

    def agrees(self, question: str) -> bool:
        """Whether the person says yes, as Enter does."""
        yes = catalog_of(self._language).said(LocalizedMessage("yes"))
        answer = yes if self._takes_all else self._typed(question, yes)
        return answer[:1].lower() in {yes[:1].lower(), "y"}

    def _typed(self, question: str, suggestion: str) -> str:
        prompt(f"{catalog_of(self._language).said(question)} [{suggestion}]:", sys.stdout)
        typed = sys.stdin.readline()
        if not typed:
            raise NoAnswer
        return typed.strip() or suggestion


def name_of_this_machine() -> str:
    """A name for a gateway, of the machine's own."""
    name = re.sub(r"[^a-z0-9_-]+", "-", socket.gethostname().split(".")[0].lower()).strip("-_")
    return name[:MAX_NAME_LENGTH] if is_name(name[:MAX_NAME_LENGTH]) else "gw-1"


def problem_of_name(text: str) -> LocalizedMessage | None:
    """Why a text is no name of a gateway or sensor."""
    if is_name(text):
        return None
    return LocalizedMessage(
        "use 1 to {most} of a-z, 0-9, '-' and '_', starting with a letter or digit", most=MAX_NAME_LENGTH
    )


def problem_of_address(text: str) -> LocalizedMessage | None:
    """Why a text is no address of a broker."""
    try:
        address_in(text)
    except ValueError as error:
        said = error.args[0] if error.args else ""
        return said if isinstance(said, LocalizedMessage) else LocalizedMessage("write HOST or HOST:PORT")
    return None


def address_in(text: str) -> Address:
    """HOST:PORT, or HOST at the port of MQTT over TLS; ValueError."""
    return parse_address(text, port=TLS_PORT)
