"""What the screens have the ingester do, since only it can: a command to a gateway, a replay, its metrics.

screens: ask("replay", ReplayWanted(17, actor)) ─► FeedQuestion ─► Replayer ─► FeedAnswer ─► Replay | LookupError
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from cloud.care.commands import AskedCommand
from cloud.care.refused import CareRefused
from cloud.database.audit_log import Actor
from cloud.database.engine import DatabaseUnavailable
from cloud.feed.messages import FeedAnswer, FeedQuestion, Refusal, raw
from cloud.feed.sentences import sentence_heard, sentence_to_tell
from cloud.ingest.replay import Replay
from cloud.readings.contract import StoreUnavailable
from i18n.message import sentence_of


class ReplayWanted(msgspec.Struct, frozen=True):
    """A dead letter that somebody wants replayed."""

    dead_letter_id: int
    actor: Actor


class CommandWanted(msgspec.Struct, frozen=True):
    """What somebody wants a gateway to be asked."""

    gateway: str
    command: str
    actor: Actor
    source: str


class MetricSample(msgspec.Struct, frozen=True):
    """One sample of a metric."""

    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, frozen=True):
    """The samples of one metric, as Prometheus's text has them."""

    name: str
    meaning: str
    type: str
    unit: str
    samples: list[MetricSample]


class Errand(NamedTuple):
    """What a question takes, and what it gives."""

    takes: Any
    gives: Any


NOTHING = raw(None)
REPLAY, COMMAND, METRICS = "replay", "command", "metrics"
ERRANDS: dict[str, Errand] = {
    REPLAY: Errand(ReplayWanted, Replay),
    COMMAND: Errand(CommandWanted, AskedCommand),
    METRICS: Errand(None, list[Family]),
}
_ERRORS: dict[str, type[Exception]] = {
    "LookupError": LookupError,
    "StoreUnavailable": StoreUnavailable,
    "DatabaseUnavailable": DatabaseUnavailable,
}
_log = logging.getLogger(__name__)


class FailedThere(Exception):
    """The ingester failed on a question in a way that nobody foresaw; its log has the details."""


Doers = Mapping[str, Callable[[Any], Awaitable[object]]]
"""Who does each errand, by its name."""


async def answered(question: FeedQuestion, doers: Doers) -> FeedAnswer:
    """Do what a question asks; a refusal of which its asker knows the meaning is an answer too."""
    takes = ERRANDS[question.what].takes
    try:
        outcome = await doers[question.what](msgspec.msgpack.decode(question.body, type=takes))
    except CareRefused as refused:
        why = Refusal(CareRefused.__name__, sentence_to_tell(refused.sentence), refused.kind, refused.retry_after_s)
        return FeedAnswer(question.id, NOTHING, refused=why)
    except tuple(_ERRORS.values()) as error:
        name = next(name for name, known in _ERRORS.items() if isinstance(error, known))
        return FeedAnswer(question.id, NOTHING, refused=Refusal(name, sentence_to_tell(sentence_of(error))))
    except Exception as error:
        _log.exception("a %s that a process of the screens asks for failed in a way that nobody foresaw", question.what)
        said = f"the ingester failed on it with {type(error).__name__}; its log has the details"
        return FeedAnswer(question.id, NOTHING, refused=Refusal(FailedThere.__name__, said))
    return FeedAnswer(question.id, raw(outcome))


def outcome_of(what: str, answer: FeedAnswer) -> Any:
    """What an answer gives; the error that it tells of is raised."""
    refused = answer.refused
    if refused is None:
        return msgspec.msgpack.decode(answer.body, type=ERRANDS[what].gives)
    sentence = sentence_heard(refused.sentence)
    if refused.error in _ERRORS:
        raise _ERRORS[refused.error](sentence)
    if refused.error == FailedThere.__name__:
        raise FailedThere(sentence)
    raise CareRefused(refused.kind, sentence, retry_after_s=refused.retry_after_s)
