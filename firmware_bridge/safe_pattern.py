"""Regular expressions that people write for lines of text, and a bound on how many ways one can try a line.

    ^T=(?P<temperature>[-0-9.]+) H=(?P<humidity>[0-9]+)     each repeat ends where the next begins: one way
    .*T=(?P<temperature>.+),.*,(?P<humidity>.+)             each .* may end anywhere: 256³/6 ways of a line of 256
    (?P<noise>(?:[0-9]+)*)x                                 2²⁵⁶ ways: refused

Python's engine goes back and tries again for ever, and nothing can stop it while it does; so what a pattern can cost is
counted before it is used, from its parts: a repeat, an option or a branch multiplies the ways by its choices where what
follows may begin like it. A repeat within a repeat, a backreference and a look around are refused.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from math import comb, prod
from typing import Any

from i18n.message import LocalizedMessage

MOST_WAYS = 15_000_000
"""About a second of a Raspberry Pi, for the worst line that somebody could make for the pattern."""
LONGEST_PATTERN = 500

_parser: Any = import_module("re._parser")
_LEAVES = {"LITERAL", "NOT_LITERAL", "ANY", "IN"}
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_CHARACTERS = tuple(chr(number) for number in range(256))
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
}  # fmt: skip
_ALL = frozenset(range(256))
_ENDLESS = 1_000
_UNSAFE = LocalizedMessage("has a backreference or looks around; write it without them")
_NESTED = LocalizedMessage("repeats what repeats already, which may take for ever; write it with one repeat")

Set = frozenset[int]


class UnsafePattern(ValueError):
    """The pattern may take too long; `problem` ends a sentence about it."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


def compiled(pattern: str, *, longest: int) -> re.Pattern[str]:
    """The pattern, ready for lines of `longest` characters; UnsafePattern where it is wrong or may take too long."""
    if len(pattern) > LONGEST_PATTERN:
        raise UnsafePattern(LocalizedMessage("is longer than {most} characters", most=LONGEST_PATTERN))
    try:
        made = re.compile(pattern)
        ways = ways_of(pattern, longest)
    except (re.error, RecursionError, OverflowError) as error:
        raise UnsafePattern(
            LocalizedMessage("is no regular expression: {reason}", reason=str(error)[:100] or "too deep")
        ) from None
    if ways > MOST_WAYS:
        raise UnsafePattern(
            LocalizedMessage(
                "can try a line of {longest} bytes in more than {most} ways; write what a value is, as in [-0-9.]+, "
                "instead of .*, begin with ^, or set longest to less",
                longest=longest, most=f"{MOST_WAYS:,}",
            )
        )  # fmt: skip
    return made


def ways_of(pattern: str, longest: int) -> int:
    """In how many ways at most the engine goes through a line of `longest` characters."""
    items = list(_parser.parse(pattern))
    choices = list(_choices(items, frozenset(), is_repeated=False))
    anywhere = 0 if items and str(items[0][0]) == "AT" and "BEGINNING" in str(items[0][1]) else 1
    endless = choices.count(_ENDLESS) + anywhere
    return comb(longest + endless, endless) * prod(choice for choice in choices if choice != _ENDLESS)


def _choices(items: list[Any], after: Set, *, is_repeated: bool) -> Iterator[int]:
    """The choices of each part that leaves one, `_ENDLESS` for a repeat without end; `after`: what may follow."""
    for place, (op, given) in enumerate(items):
        name, follows = str(op), _first(items[place + 1 :], after)
        if name in _REPEATS:
            low, high, body = given
            if is_repeated and high > low:
                raise UnsafePattern(_NESTED)
            yield from _choices(list(body), follows, is_repeated=is_repeated or high > 1)
            if high > low and _first(list(body), frozenset()) & follows:
                yield min(high - low + 1, _ENDLESS)
        elif name == "BRANCH":
            if is_repeated:
                raise UnsafePattern(_NESTED)
            yield len(given[1])
            for branch in given[1]:
                yield from _choices(list(branch), follows, is_repeated=False)
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            yield from _choices(_body(name, given), follows, is_repeated=is_repeated)
        elif name not in _LEAVES and name != "AT":
            raise UnsafePattern(_UNSAFE)


def _body(name: str, given: Any) -> list[Any]:
    return list(given[-1] if name == "SUBPATTERN" else given)


def _first(items: list[Any], after: Set) -> Set:
    """What the items may begin with; where they may be empty, what comes `after` them too."""
    found: Set = frozenset()
    for op, given in items:
        begins, may_be_empty = _first_of(str(op), given)
        found |= begins
        if not may_be_empty:
            return found
    return found | after


def _first_of(name: str, given: Any) -> tuple[Set, bool]:
    if name in _LEAVES:
        return _characters(name, given), False
    if name in _REPEATS:
        return _first(list(given[2]), frozenset()), given[0] == 0 or _is_empty(list(given[2]))
    if name in ("SUBPATTERN", "ATOMIC_GROUP"):
        body = _body(name, given)
        return _first(body, frozenset()), _is_empty(body)
    if name == "BRANCH":
        branches = [list(branch) for branch in given[1]]
        return frozenset().union(*(_first(branch, frozenset()) for branch in branches)), any(map(_is_empty, branches))
    return frozenset(), True


def _is_empty(items: list[Any]) -> bool:
    """Whether the items may match nothing."""
    return all(_first_of(str(op), given)[1] for op, given in items)


def _characters(name: str, given: Any) -> Set:
    """Of Latin-1, 255 for all beyond it too; in capitals and small letters, whether that matters or not."""
    if name == "ANY":
        return _ALL
    if name in ("LITERAL", "NOT_LITERAL"):
        found = frozenset({min(given, 255)})
        negated = name == "NOT_LITERAL"
    else:
        parts = [(str(op), part) for op, part in given]
        found = frozenset().union(*(_part(op, part) for op, part in parts))
        negated = ("NEGATE", None) in parts
    if negated:
        found = _ALL - found | {255}
    return found | {ord(other) for number in found for other in _cases(chr(number)) if ord(other) < 256}


def _cases(character: str) -> str:
    return character.upper() + character.lower()


def _part(op: str, part: Any) -> Set:
    if op == "LITERAL":
        return frozenset({min(part, 255)})
    if op == "RANGE":
        return frozenset(range(min(part[0], 255), min(part[1], 255) + 1))
    if op == "CATEGORY":
        matches = re.compile(_CATEGORIES[str(part)]).match
        return frozenset(number for number, character in enumerate(_CHARACTERS) if matches(character))
    return frozenset()
