"""Scopes: where a rule holds, and which values the narrower scope puts in the place of the wider one's.

all ─► group:NAME ─► site:ID ─► sensor:ID        field by field, the narrower wins; the origin of each field is kept

A field that a scope sets to null is set: it takes an inherited `minimum` or `hours` away. Of two groups the one that
the sensor names later is the narrower. A sensor that does not measure the rule's quantity has no such rule; the
quantity "" (of silence) is measured by all.
"""

import difflib
import re
from collections.abc import Iterable
from functools import reduce
from typing import Any

import msgspec

from i18n.message import LocalizedMessage
from rules.problem import ValidationProblem
from rules.rule import Also, AtLeast, Hours, Level, Rule, RuleKind, Severity

FIELDS = tuple(name for name in Rule.__struct_fields__ if name != "family")
_PARTS: dict[str, type[msgspec.Struct]] = {"levels": Level, "also": Also, "hours": Hours, "at_least": AtLeast}
_CHOICES: dict[str, list[RuleKind] | list[Severity]] = {"kind": list(RuleKind), "severity": list(Severity)}
_WORDS = {
    "float": LocalizedMessage("a number"), "int": LocalizedMessage("a whole number"),
    "str": LocalizedMessage("a text"), "bool": LocalizedMessage("true or false"),
    "object": LocalizedMessage("an object"), "array": LocalizedMessage("a list"),
}  # fmt: skip


class NoRule(ValueError):
    """What scopes say makes no rule; `problem` says why."""

    def __init__(self, problem: ValidationProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class Patch(msgspec.Struct, frozen=True):
    """What one scope says of a rule family: the fields of `Rule` it sets, as JSON values."""

    scope: str
    version: int
    fields: dict[str, Any]


class Place(msgspec.Struct, frozen=True):
    """Where a sensor stands: its site, its groups, and the quantities it measures."""

    sensor: str
    site: str
    groups: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()


class Resolved(msgspec.Struct, frozen=True):
    """The rule that holds for a sensor, the scope each field came from, and the versions: "all@3 sensor:river-1@1"."""

    rule: Rule
    origin: dict[str, str]
    versions: str


def scopes_of(place: Place) -> tuple[str, ...]:
    """The scopes that `place` stands in, the widest first."""
    return ("all", *(f"group:{group}" for group in place.groups), f"site:{place.site}", f"sensor:{place.sensor}")


def resolve(family: str, patches: Iterable[Patch], place: Place) -> Resolved | None:
    """The family's rule for the sensor at `place`; None when no scope speaks of it, or it measures no such quantity.

    Raises NoRule when what the scopes say makes no rule.
    """
    by_scope = {patch.scope: patch for patch in patches}
    speaking = [by_scope[scope] for scope in scopes_of(place) if scope in by_scope]
    if not speaking:
        return None
    fields: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for patch in speaking:
        fields |= patch.fields
        origin |= dict.fromkeys(patch.fields, patch.scope)
    if fields.get("quantity", "") not in ("", *place.quantities):
        return None
    versions = " ".join(f"{patch.scope}@{patch.version}" for patch in speaking)
    return Resolved(rule_of(family, fields), origin, versions)


def rule_of(family: str, fields: dict[str, Any]) -> Rule:
    """The rule that `fields`, JSON values by name, make; raises NoRule when they make none."""
    for name in fields:
        if name not in FIELDS:
            raise NoRule(no_such_field(name))
    missing = [name for name in ("quantity", "kind", "levels", "title") if name not in fields]
    if missing:
        raise NoRule(
            ValidationProblem(
                "{field}: no scope of {family} sets it; set it here or for a wider scope",
                field=missing[0],
                family=family,
            )
        )
    for name, part in _parts(fields):
        known = _PARTS[name.partition("[")[0]].__struct_fields__
        for inner in part:
            if inner not in known:
                place, advice = f"{name}.{inner[:40]}", _nearest(inner, known)
                raise NoRule(
                    ValidationProblem(
                        "{name}: there is no such field; {advice}", field=place, name=place, advice=advice
                    )
                )
    try:
        return msgspec.convert({**fields, "family": family}, Rule)
    except msgspec.ValidationError as error:
        raise NoRule(_problem(fields, error)) from None


def no_such_field(name: str) -> ValidationProblem:
    """Say that a rule has no field of that name, and which one was meant."""
    close = difflib.get_close_matches(name, FIELDS, n=1)
    advice = did_you_mean(close[0]) if close else LocalizedMessage("a rule has {fields}", fields=", ".join(FIELDS))
    return ValidationProblem(
        "{name}: a rule has no such field; {advice}", field=name[:40], name=name[:40], advice=advice
    )


def did_you_mean(name: str) -> LocalizedMessage:
    """What to write instead, most likely."""
    return LocalizedMessage("did you mean {name}?", name=name)


def _parts(fields: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The fields that have fields of their own, by the name a person reads: also, hours, at_least, levels[0] …"""
    for name, value in fields.items():
        if name in _PARTS and isinstance(value, dict):
            yield name, value
        elif name in _PARTS and isinstance(value, list | tuple):
            yield from ((f"{name}[{number}]", one) for number, one in enumerate(value) if isinstance(one, dict))


def _problem(fields: dict[str, Any], error: msgspec.ValidationError) -> ValidationProblem:
    """`Expected `float`, got `str` - at `$.levels[0].limit`` as field, value, and what to write instead."""
    what, _, where = str(error).partition(" - at `$.")
    path = where.rstrip("`")
    return ValidationProblem(
        "{field}: is {value!r:.80}; {advice}",
        field=path or "fields",
        value=_value_at(fields, path),
        advice=_advice(what, path),
    )


def _advice(what: str, path: str) -> str:
    choices = _CHOICES.get(path.rpartition(".")[2])
    if choices is not None:
        return LocalizedMessage("write one of {choices}", choices=", ".join(choices))
    expected = re.fullmatch(r"Expected `(.+)`, got .*", what)
    if expected is None:
        return what[:1].lower() + what[1:]
    kinds: list[str] = [_WORDS.get(kind, kind) for kind in expected[1].split(" | ")]
    return LocalizedMessage(
        "write {what}",
        what=reduce(lambda one, other: LocalizedMessage("{one} or {other}", one=one, other=other), kinds),
    )


def _value_at(fields: dict[str, Any], path: str) -> Any:
    value: Any = fields
    for step in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(value, list | tuple) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return value
    return value


def _nearest(name: str, known: Iterable[str]) -> LocalizedMessage:
    close = difflib.get_close_matches(name, list(known), n=1)
    return did_you_mean(close[0]) if close else LocalizedMessage("there are {names}", names=", ".join(known))
