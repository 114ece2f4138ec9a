"""A rollout in steps, decided from what gateways say: pure, so that any order and any restart end the same.

waiting ─► asked ─► confirmed      a batch is asked once all that were asked have confirmed; one that failed ends it
   ▲  │        └──► failed         what a gateway said before it was asked says nothing of what it was asked
   └──┴─ offline before it took the command up        left_out: offline (if wanted so), newer, no archive
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from i18n.message import LocalizedMessage
from wire import WireError
from wire.gateway_update import UpdateState, UpdateStatus, is_newer

MOST_IN_A_BATCH = 200
LISTENED_S = 120.0
"""Since a connection has stood for so long, silence means something: a gateway says its status each 30 s."""


class RolloutState(StrEnum):
    """How a rollout is doing."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # a gateway failed; nobody else is asked
    STOPPED = "stopped"  # by somebody


class MemberState(StrEnum):
    """How far a gateway is in a rollout."""

    WAITING = "waiting"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    LEFT_OUT = "left_out"


OPEN = (MemberState.WAITING, MemberState.ASKED)


class RolloutRefused(Exception):
    """A rollout cannot begin or end so; the text is one sentence, `sentence` for people of both languages."""

    def __init__(self, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Rollout(msgspec.Struct, frozen=True):
    """To bring gateways to `version`, at most `batch` at a time; each has `limit_s` from being asked to confirming.

    `architectures` are those that the version has an archive for; `again` asks those too that rolled it back before.
    """

    id: int
    version: str
    batch: int
    skip_offline: bool
    again: bool
    limit_s: float
    architectures: tuple[str, ...]
    state: RolloutState
    reason: str
    started_by: str
    started_ms: int
    changed_ms: int


class RolloutProgress(msgspec.Struct, frozen=True):
    """A rollout, and how many of its gateways are in each state."""

    rollout: Rollout
    counts: Mapping[MemberState, int]


class Member(msgspec.Struct, frozen=True):
    """A gateway in a rollout, in `state` since `since_ms` (steady time); `reason` is a sentence.

    `accepted`: it is known to have taken the command up. `before` is what it said of an update to this version before
    it was asked.
    """

    gateway: str
    state: MemberState = MemberState.WAITING
    since_ms: int = 0
    accepted: bool = False
    before: str = ""
    reason: str = ""


class Seen(msgspec.Struct, frozen=True):
    """What is known of a gateway now; `accepted` and `refusal` are what it answered to being asked.

    One that does not know the time cannot judge what is signed, and would refuse.
    """

    online: bool = False
    version: str = ""
    architecture: str = ""
    update: UpdateStatus | None = None
    knows_time: bool = True
    accepted: bool = False
    refusal: str = ""


NOT_SEEN = Seen()


def judged(rollout: Rollout, member: Member, seen: Seen, *, now_ms: int, is_listening: bool) -> Member:
    """What has become of a gateway that was asked; `is_listening`: silence means something."""
    if not seen.online:
        return _of_silence(rollout, member, now_ms=now_ms, is_listening=is_listening)
    news = _news(rollout, member, seen)
    if news is not None and news.state in (UpdateState.ROLLED_BACK, UpdateState.REFUSED):
        return _moved(member, MemberState.FAILED, now_ms, f"{_IN_WORDS[news.state]}: {news.reason}".rstrip(": "))
    if _runs(rollout, seen):
        return _moved(member, MemberState.CONFIRMED, now_ms)
    is_under_way = news is not None and news.state.is_under_way
    if seen.refusal and not is_under_way:
        return _moved(member, MemberState.FAILED, now_ms, f"refused: {seen.refusal}")
    if (is_under_way or seen.accepted) and not member.accepted:
        member = msgspec.structs.replace(member, accepted=True)
    return _late(rollout, member, now_ms) if is_listening else member


def placed(rollout: Rollout, member: Member, seen: Seen, *, now_ms: int, is_listening: bool) -> Member:
    """A gateway that waits, as it stands without being asked: it may be there already, or be none for this rollout."""
    if not seen.online:
        if rollout.skip_offline and is_listening:
            return _moved(member, MemberState.LEFT_OUT, now_ms, "offline")
        return member
    news = _news(rollout, member, seen)
    if news is not None and member.before and news.state in (UpdateState.ROLLED_BACK, UpdateState.REFUSED):
        return _moved(member, MemberState.FAILED, now_ms, f"{_IN_WORDS[news.state]}: {news.reason}".rstrip(": "))
    if news is not None and news.state.is_under_way:
        taken_up = msgspec.structs.replace(member, accepted=True, before=member.before or _NOTHING)
        return _moved(taken_up, MemberState.ASKED, now_ms)
    if _runs(rollout, seen):
        return _moved(member, MemberState.CONFIRMED, now_ms, "it ran this version already")
    if _is_newer(seen.version, rollout.version):
        return _moved(member, MemberState.LEFT_OUT, now_ms, f"runs {seen.version}, which is newer")
    if seen.architecture and seen.architecture not in rollout.architectures:
        return _moved(member, MemberState.LEFT_OUT, now_ms, f"there is no archive for {seen.architecture}")
    return member


def next_batch(
    rollout: Rollout, waiting: Sequence[Member], seen: Mapping[str, Seen], *, now_ms: int, is_listening: bool
) -> list[Member]:
    """Those of `waiting` that change, now that nobody is asked: what needs no asking, and the next that are asked."""
    changed: list[Member] = []
    asked = 0
    for member in waiting:
        sight = seen.get(member.gateway, NOT_SEEN)
        after = placed(rollout, member, sight, now_ms=now_ms, is_listening=is_listening)
        if after.state is MemberState.WAITING and _can_be_asked(sight) and asked < rollout.batch:
            before = msgspec.structs.replace(member, accepted=False, before=_said(rollout, sight))
            after = _moved(before, MemberState.ASKED, now_ms)
        asked += after.state is MemberState.ASKED
        if after != member:
            changed.append(after)
    return changed


def outcome(counts: Mapping[MemberState, int], failed: Iterable[Member]) -> tuple[RolloutState, str]:
    """How a rollout that was running is doing, by its gateways; with a sentence where it ended."""
    first = next(iter(failed), None)
    if first is not None:
        return RolloutState.FAILED, f"{first.gateway}: {first.reason}"
    if any(counts.get(state) for state in OPEN):
        return RolloutState.RUNNING, ""
    left = counts.get(MemberState.LEFT_OUT, 0)
    return RolloutState.DONE, f"{left} gateways were left out" if left else ""


_NOTHING = "-"
_IN_WORDS = {UpdateState.ROLLED_BACK: "rolled back", UpdateState.REFUSED: "refused"}


def _of_silence(rollout: Rollout, member: Member, *, now_ms: int, is_listening: bool) -> Member:
    """One that was offline before it took the command up never will: the command has expired."""
    if not is_listening:
        return member
    if not member.accepted:
        return _moved(member, MemberState.WAITING, now_ms)
    return _late(rollout, member, now_ms)


def _can_be_asked(seen: Seen) -> bool:
    is_busy = seen.update is not None and seen.update.state.is_under_way
    return seen.online and seen.knows_time and not is_busy


def _late(rollout: Rollout, member: Member, now_ms: int) -> Member:
    if now_ms - member.since_ms < rollout.limit_s * 1_000:
        return member
    return _moved(member, MemberState.FAILED, now_ms, f"not confirmed within {rollout.limit_s / 60:g} min")


def _runs(rollout: Rollout, seen: Seen) -> bool:
    """Whether it runs the version, and not on trial."""
    of_this = seen.update is not None and seen.update.version == rollout.version
    is_confirmed = not of_this or (seen.update is not None and seen.update.state is UpdateState.CONFIRMED)
    return seen.version == rollout.version and is_confirmed


def _news(rollout: Rollout, member: Member, seen: Seen) -> UpdateStatus | None:
    """What it says of an update to this version, and did not say before it was asked."""
    if seen.update is None or seen.update.version != rollout.version or _said(rollout, seen) == member.before:
        return None
    return seen.update


def _said(rollout: Rollout, seen: Seen) -> str:
    if seen.update is None or seen.update.version != rollout.version:
        return _NOTHING
    return f"{seen.update.state}@{seen.update.time_ms}"


def _moved(member: Member, state: MemberState, now_ms: int, reason: str = "") -> Member:
    return msgspec.structs.replace(member, state=state, since_ms=now_ms, reason=reason[:400])


def _is_newer(version: str, than: str) -> bool:
    try:
        return is_newer(version, than)
    except WireError:
        return False
