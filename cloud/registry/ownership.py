"""Who may say what the city has: its city.toml, or people by API and commands. No kind of record has two owners.

owns = ["sites", "gateways"]        in city.toml: it owns these, and the registry is where sensors are changed
owns = []                           it owns none; what it lists is read while the registry is empty, and by an import
(nothing)                           it owns all, as it always did

What the file owns refers to nothing that it does not own: who owns sensors owns gateways, who owns those owns sites.
"""

from collections.abc import Collection
from typing import Literal, TypeAlias

from i18n.message import LocalizedMessage, located

Kind: TypeAlias = Literal["sites", "gateways", "sensors"]
OWNABLE: tuple[Kind, ...] = ("sites", "gateways", "sensors")
"""The kinds of records that have an owner; the city, its domains and its quantities are always the file's."""
ONE_OF = {"sites": "site", "gateways": "gateway", "sensors": "sensor"}
"""The word for one of each kind."""


def mistake_of(owns: Collection[str]) -> str:
    """Say what is wrong with a file's list of what it owns; empty where nothing is."""
    needed: tuple[str, ...] = ()
    for kind in OWNABLE:
        if kind in owns and not set(needed) <= set(owns):
            missing = next(each for each in needed if each not in owns)
            return LocalizedMessage(
                "{kind} refer to {missing}; write {missing!r} too, or take {kind!r} out", kind=kind, missing=missing
            )
        needed = (*needed, kind)
    return ""


def about(kind: str, name: str, sentence: str) -> LocalizedMessage:
    """A sentence after the record that it is about: "sensor river: is retired; …"."""
    return located(f"{ONE_OF[kind]} {name}", sentence)


def refusal(kind: str, name: str) -> LocalizedMessage:
    """Say where a record is changed that the file owns."""
    return about(
        kind,
        name,
        LocalizedMessage(
            "city.toml owns {kind}; change it there and send SIGHUP, or take {kind!r} out of its `owns`, so that it is "
            "changed here",
            kind=kind,
        ),
    )
