"""Work that is tried again and again: what is said of it, and when that is over."""

import logging

import pytest

from cloud.readings.contract import StoreUnavailable
from cloud.readings.repeated_work import RepeatedWork
from i18n.message import LocalizedMessage


def waits(problem: str) -> LocalizedMessage:
    return LocalizedMessage("it waits: {problem}", problem=problem)


def fails(error: str) -> LocalizedMessage:
    return LocalizedMessage("it failed with {error}", error=error)


async def done() -> None:
    """Everything is well."""


async def away() -> None:
    raise StoreUnavailable("the store is away")


async def broken() -> None:
    raise KeyError("river")


async def test_a_problem_is_said_until_a_try_succeeds_and_logged_once(caplog: pytest.LogCaptureFixture):
    work = RepeatedWork(waits=waits, fails=fails)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await work.attempt(away)
    assert (work.problem, len(caplog.records)) == ("it waits: the store is away", 1)
    await work.attempt(done)
    assert work.problem == ""


async def test_a_fault_of_ours_is_said_and_its_traceback_is_logged(caplog: pytest.LogCaptureFixture):
    work = RepeatedWork(waits=waits, fails=fails)
    await work.attempt(broken)
    assert work.problem == "it failed with KeyError"
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_where_nobody_asks_a_store_that_is_away_is_no_problem_of_this_work():
    work = RepeatedWork(waits=None, fails=fails)
    await work.attempt(away)
    assert work.problem == ""
