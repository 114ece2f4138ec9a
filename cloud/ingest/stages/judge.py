"""Judge: which readings are to be doubted?      ValidatedBatch ─► JudgedBatch(blocks with quality marks)

A reading that is doubted is stored all the same, with a mark; rules and screens decide by it.
"""

from collections.abc import Sequence

import msgspec

from cloud.derived.recompute_queue import Hours
from cloud.ingest.quality import NO_FLAGS, NO_HOURS, QualityFlags, QualityJudge, split_by_flags
from cloud.ingest.stages.validate import ValidatedBatch
from cloud.readings.blocks import Block


class JudgedBatch(msgspec.Struct, frozen=True):
    """A validated batch, its `blocks` as they are to be stored.

    `flags` are the quality marks that readings got, `review_hours` the hours of series that must be judged again once
    all is stored.
    """

    validated: ValidatedBatch
    blocks: Sequence[Block]
    flags: QualityFlags = NO_FLAGS
    review_hours: Hours = NO_HOURS


class JudgeStage:
    """Gives readings their quality marks."""

    def __init__(self, quality: QualityJudge) -> None:
        self._quality = quality

    def run(self, validated: ValidatedBatch) -> JudgedBatch:
        """Judge a batch, the next that came of its gateway."""
        flags = self._quality.flags(validated.blocks, validated.doubtful)
        hours = self._quality.pop_review_hours()
        return JudgedBatch(validated, split_by_flags(validated.blocks, flags), flags, hours)
