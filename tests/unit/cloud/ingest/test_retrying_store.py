"""The readings store, asked until it answers: how long it waits, and when the store is opened anew."""

from pathlib import Path

import pytest

from cloud.core.health import Condition
from cloud.database.backoff import REFUSED_S
from cloud.ingest.retrying_store import RetryingStore
from cloud.readings.contract import StoreRejected
from tests.unit.cloud.examples import UNAVAILABLE, Workshop

REFUSED = StoreRejected("InfluxDB answered 401: check store.token_file")


@pytest.mark.parametrize(
    ("failures", "steps"),
    [
        ([], ["ask"]),
        ([UNAVAILABLE, UNAVAILABLE], ["ask", 0.5, "ask", 1.0, "ask"]),
        ([REFUSED], ["ask", REFUSED_S, "open", "ask"]),
        ([REFUSED, UNAVAILABLE], ["ask", REFUSED_S, "open", "ask", 1.0, "ask"]),
    ],
    ids=["an answer", "unavailable twice", "refused", "refused, then unavailable"],
)
async def test_it_waits_between_two_questions_and_opens_anew_after_a_refusal_only(
    tmp_path: Path, failures: list[Exception], steps: list[object]
):
    seen, left = list[object](), list(failures)
    async with Workshop(tmp_path) as workshop:

        async def sleep(seconds: float) -> None:
            assert asking.component().status is Condition.DOWN
            seen.append(seconds)

        async def newest() -> list[object]:
            seen.append("ask")
            if left:
                raise left.pop(0)
            return []

        async def reopen() -> None:
            seen.append("open")

        workshop.store.newest, workshop.store.open = newest, reopen  # type: ignore[assignment]
        asking = RetryingStore(workshop.store, workshop.metrics, sleep=sleep)
        assert await asking.newest() == []
        assert asking.component().status is Condition.OK
    assert seen == steps
