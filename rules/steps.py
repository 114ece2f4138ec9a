"""What to do about an alarm as steps: an advice that counts them is a checklist.

"1. Call the village heads. 2. Close the bridge. 3) Look at the camera." -> ("Call the village heads.", …)
"Call the village heads and look at the camera."                         -> (): nothing to tick
"""

import re

from rules.rule import Rule

MOST_STEPS = 20
_NUMBER = re.compile(r"(?:^|\s)(\d{1,2})[.)]\s+")


def steps_in(advice: str) -> tuple[str, ...]:
    """Return the steps that a text counts from 1 on, without their numbers; none where it counts none."""
    starts: list[tuple[int, int]] = []
    for found in _NUMBER.finditer(advice):
        if int(found[1]) == len(starts) + 1 and len(starts) < MOST_STEPS:
            starts.append((found.start(), found.end()))
    if not starts:
        return ()
    ends = [start for start, _end in starts[1:]] + [len(advice)]
    return tuple(advice[begin:end].strip() for (_start, begin), end in zip(starts, ends, strict=True))


def count_steps(rule: Rule) -> int:
    """Return how many steps a rule's advice has, in the language in which it has more."""
    return max(len(steps_in(rule.advice)), len(steps_in(rule.advice_id)))


def step_of(rule: Rule, number: int, *, indonesian: bool) -> str:
    """Return step `number` (from 1) in a language, in the other one where the advice there does not count so far."""
    own, other = (rule.advice_id, rule.advice) if indonesian else (rule.advice, rule.advice_id)
    for advice in (own, other):
        steps = steps_in(advice)
        if 1 <= number <= len(steps):
            return steps[number - 1]
    raise LookupError(f"there is no step {number}")
