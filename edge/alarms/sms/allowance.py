"""How many SMS a number gets: `an_hour` at once, then one each hour/`an_hour`, whatever happens. Pure.

6 an hour   ● ● ● ● ● ●   then one each 10 minutes: a storm of alarms costs no more, and nobody waits longer

Kept over restarts; time that passed while nobody counted gives nothing.
"""

import msgspec

HOUR_S = 3_600.0


class SmsTokens(msgspec.Struct, frozen=True, array_like=True):
    """What a number had left at `at_s`, seconds of uptime in the start of the machine that is `boot`."""

    left: float
    at_s: float
    boot: str


class SmsAllowance:
    """Of each number; `tokens` are what earlier starts have left."""

    def __init__(self, an_hour: int, tokens: dict[str, SmsTokens], *, boot: str) -> None:
        self._an_hour = float(an_hour)
        self._boot = boot
        self.tokens = dict(tokens)

    def has_one(self, number: str, *, now_s: float) -> bool:
        """Whether `number` may get an SMS now."""
        return self._left(number, now_s) >= 1.0

    def use_one(self, number: str, *, now_s: float) -> None:
        """It gets one."""
        self.tokens[number] = SmsTokens(max(0.0, self._left(number, now_s) - 1.0), now_s, self._boot)

    def give_back(self, number: str, *, now_s: float) -> None:
        """What it was to get did not go out."""
        left = min(self._an_hour, self._left(number, now_s) + 1.0)
        self.tokens[number] = SmsTokens(left, now_s, self._boot)

    def _left(self, number: str, now_s: float) -> float:
        known = self.tokens.get(number)
        if known is None:
            return self._an_hour
        passed_s = max(0.0, now_s - known.at_s) if known.boot == self._boot else 0.0
        if known.boot != self._boot:
            self.tokens[number] = SmsTokens(known.left, now_s, self._boot)
        return min(self._an_hour, known.left + passed_s * self._an_hour / HOUR_S)
