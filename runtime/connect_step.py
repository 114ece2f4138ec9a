"""A step of a try to connect, in words of both languages:  TLS  ok  TLSv1.3, the certificate is good for 60 days."""

from collections.abc import Callable
from typing import NamedTuple

from i18n.message import in_context

CLOCK = in_context("step", "clock")
NAME = in_context("step", "name")
REACH = in_context("step", "reach")
TLS = in_context("step", "TLS")
LOGIN = in_context("step", "login")
RIGHTS = in_context("step", "rights")
ANSWER = in_context("step", "answer")
NAMES = (CLOCK, NAME, REACH, TLS, LOGIN, RIGHTS, ANSWER)


class ConnectStep(NamedTuple):
    """One step: its name, whether it succeeded, and a sentence on it, each a message in both languages."""

    name: str
    ok: bool
    said: str


class Exchange(NamedTuple):
    """A message that somebody must answer: what is sent where, on which of the subscriptions the answer comes.

    Without a `topic` nothing is sent: what is waited for comes by itself.
    """

    topic: str
    payload: bytes
    is_answer: Callable[[str, bytes], bool]
    silence: str
    """What to do where no answer comes."""
