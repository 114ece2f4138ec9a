"""The engine's states as text in the spool's file, committed with the readings that they come from.

alarms.state river-daruba-1 river-level = base64 of what rules/engine_state.py encodes        ended: ""

An alarm is written with the reading that raised it; the rest, such as the window of a rise, each half minute.
"""

import logging
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping

import msgspec

from edge.alarms.bound_rules import Key
from rules.engine import START, RuleState, decode_state, encode_state

EVERY_S = 30.0
_PREFIX = "alarms.state "
_log = logging.getLogger(__name__)


class KeptStates:
    """What of the states the file has, and what it lacks."""

    def __init__(self, kept: Mapping[str, str]) -> None:
        self._written: dict[Key, RuleState] = {}
        self._due_s: dict[Key, float] = {}
        for name, text in kept.items():
            if name.startswith(_PREFIX) and text:
                key = _key_in(name)
                try:
                    self._written[key] = decode_state(b64decode(text, validate=True))
                except (msgspec.MsgspecError, ValueError) as error:
                    _log.error("the state of %s is damaged and begins anew: %s", name, error)
        self.states = dict(self._written)
        """As earlier starts have left them."""

    def changes(self, states: Mapping[Key, RuleState], keys: Iterable[Key], *, now_s: float) -> dict[str, str]:
        """What of `keys` must be committed now."""
        kept: dict[str, str] = {}
        for key in keys:
            state, before = states[key], self._written.get(key, START)
            if _alarm(state) != _alarm(before) or now_s >= self._due_s.get(key, now_s):
                self._written[key] = state
                self._due_s[key] = now_s + EVERY_S
                kept[_name(key)] = b64encode(encode_state(state)).decode()
        return kept

    def forget_others(self, keys: Iterable[Key]) -> dict[str, str]:
        """What must be committed so that only states of `keys` are left."""
        gone = self._written.keys() - set(keys)
        for key in gone:
            del self._written[key]
            self._due_s.pop(key, None)
            self.states.pop(key, None)  # a rule that comes back does not find an alarm of before it went
        return {_name(key): "" for key in gone}


def _alarm(state: RuleState) -> tuple[object, ...]:
    return state.phase, state.opened_ms, state.level


def _name(key: Key) -> str:
    return f"{_PREFIX}{key[0]} {key[1]}"


def _key_in(name: str) -> Key:
    sensor, _, family = name.removeprefix(_PREFIX).partition(" ")
    return sensor, family
