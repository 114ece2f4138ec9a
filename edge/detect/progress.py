"""What a search does now, on one line of a terminal that is written over:  listening … 9600"""

from typing import TextIO

from edge.detect.search import Progress
from edge.detect.sentences import PROGRESS
from i18n.catalog import LanguageCode, catalog_of

_WIDE = 40


def show_progress(language: LanguageCode, stream: TextIO) -> Progress:
    """Shows it at a terminal, and nothing in a pipe."""

    def show(what: str, baud: int) -> None:
        if stream.isatty():
            said = f"{catalog_of(language).said(PROGRESS[what])} … {baud}"
            print(f"{said:<{_WIDE}}\r", end="", file=stream, flush=True)

    return show


def clear_progress(stream: TextIO) -> None:
    """Take it away."""
    if stream.isatty():
        print(f"{'':<{_WIDE}}\r", end="", file=stream, flush=True)
