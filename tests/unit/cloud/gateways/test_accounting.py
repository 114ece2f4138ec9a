"""Who sent what, and what never came."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

import cloud.gateways.accounting
import cloud.gateways.stream_ledger
from cloud.database.engine import Database
from cloud.gateways.accounting import Accounts, Receipt
from cloud.gateways.stream_ledger import StreamLedger
from tests.registries import each_registry, registry_in
from wire import Lost


def accounts_after(*receipts: Receipt) -> Accounts:
    accounts = Accounts()
    for receipt in receipts:
        accounts.apply(accounts.plan([receipt]))
    return accounts


def test_a_stream_received_whole_misses_nothing():
    account = accounts_after(Receipt("gw", "s", 1, 90), Receipt("gw", "s", 91, 100)).account("gw")
    assert (account.received, account.missing, account.duplicates, account.declared_lost) == (100, 0, 0, 0)


def test_holes_from_the_first_seq_on_are_missing_until_they_come():
    accounts = accounts_after(Receipt("gw", "s", 11, 20), Receipt("gw", "s", 31, 40))
    assert accounts.account("gw").missing == 20
    accounts.apply(accounts.plan([Receipt("gw", "s", 1, 10), Receipt("gw", "s", 21, 30)]))
    assert accounts.account("gw").missing == 0


def test_what_comes_again_is_a_duplicate_and_received_once():
    account = accounts_after(Receipt("gw", "s", 1, 10), Receipt("gw", "s", 6, 15), Receipt("gw", "s", 1, 10)).account(
        "gw"
    )
    assert (account.received, account.duplicates) == (15, 15)


def test_duplicates_within_one_group_are_counted_too():
    accounts = Accounts()
    assert accounts.plan([Receipt("gw", "s", 1, 10), Receipt("gw", "s", 1, 10)]).duplicates == 10


def test_a_declared_loss_is_lost_and_not_missing():
    account = accounts_after(Receipt("gw", "s", 91, 100, (Lost("s", 1, 80, "spool full"),))).account("gw")
    assert (account.received, account.declared_lost, account.missing) == (10, 80, 10)


def test_a_declared_loss_that_came_after_all_is_received_and_not_lost():
    account = accounts_after(
        Receipt("gw", "s", 1, 0, (Lost("s", 1, 50, "spool full"),)), Receipt("gw", "s", 1, 20)
    ).account("gw")
    assert (account.received, account.declared_lost, account.missing) == (20, 30, 0)


def test_a_loss_declared_at_the_end_of_an_earlier_stream_shows_there():
    account = accounts_after(
        Receipt("gw", "old", 1, 10), Receipt("gw", "new", 1, 5, (Lost("old", 11, 40, "disk full"),))
    ).account("gw")
    streams = {stream.stream: stream for stream in account.streams}
    assert (streams["old"].last, streams["old"].declared_lost, streams["old"].missing) == (40, 30, 0)
    assert streams["new"].declared_lost == 0


def test_gateways_are_kept_apart_even_with_the_same_stream():
    accounts = accounts_after(Receipt("gw-a", "s", 1, 10), Receipt("gw-b", "s", 1, 4))
    assert (accounts.account("gw-a").received, accounts.account("gw-b").received) == (10, 4)
    assert accounts.account("gw-c").received == 0
    assert accounts.gateways() == ["gw-a", "gw-b"]


def test_a_ledger_of_too_many_holes_stays_small_and_hides_no_loss(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cloud.gateways.stream_ledger, "MAX_SPANS", 4)
    ledger = StreamLedger()
    for seq in range(2, 41, 2):
        ledger = ledger.receive(seq, seq)
    account = ledger.account("s")
    assert len(ledger.received.spans) == 4
    assert (account.received, account.missing, account.last) == (20, 20, 40)


def test_a_plan_that_is_not_accepted_changes_nothing():
    accounts = accounts_after(Receipt("gw", "s", 1, 10))
    accounts.plan([Receipt("gw", "s", 11, 20)])
    assert accounts.account("gw").received == 10


@each_registry
async def test_accounts_survive_a_restart(tmp_path: Path):
    receipts = [
        Receipt("gw", "s", 1, 10),
        Receipt("gw", "s", 21, 30, (Lost("s", 11, 15, "full"),)),
        Receipt("gw", "s", 1, 10),
    ]
    before, after = await _kept_and_loaded(tmp_path, receipts)
    assert after.account("gw") == before.account("gw")
    assert (after.account("gw").received, after.account("gw").missing, after.account("gw").duplicates) == (20, 5, 10)


@each_registry
async def test_streams_beyond_the_limit_are_closed_into_sums_that_survive_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cloud.gateways.accounting, "MAX_STREAMS", 3)
    receipts = [Receipt("gw", f"s{number}", 2, 11) for number in range(8)]
    before, after = await _kept_and_loaded(tmp_path, receipts)
    assert [stream.stream for stream in before.account("gw").streams] == ["s5", "s6", "s7"]
    assert (before.account("gw").received, before.account("gw").missing) == (80, 8)
    assert after.account("gw") == before.account("gw")


def _written(accounts: Accounts, plan: Any, now_ms: int, connection: Connection) -> None:
    accounts.write(connection, plan, now_ms=now_ms)


async def _kept_and_loaded(folder: Path, receipts: list[Receipt]) -> tuple[Accounts, Accounts]:
    database = Database(registry_in(folder))
    await database.open()
    before, after = Accounts(), Accounts()
    for number, receipt in enumerate(receipts):
        plan = before.plan([receipt])
        await database.run(partial(_written, before, plan, number))
        before.apply(plan)
    await database.run(after.load)
    await database.close()
    return before, after


@pytest.mark.parametrize(
    "receipt",
    [
        Receipt("gw", "s", 9 * 10**15, 9 * 10**15),
        Receipt("gw", "s", 1, 9 * 10**15),
        Receipt("gw", "s", 11, 10, (Lost("s", 1, 9 * 10**15, "spool full"),)),
        Receipt("gw", "s", 11, 10, (Lost("new", 9 * 10**15 - 1, 9 * 10**15, "spool full"),)),
    ],
    ids=["too far ahead", "too long", "too great a loss", "a loss too far ahead"],
)
def test_a_gateway_cannot_make_its_counters_say_nothing_any_more(receipt: Receipt):
    accounts = Accounts()
    accounts.apply(accounts.plan([Receipt("gw", "s", 1, 10)]))
    before = accounts.account("gw")
    accounts.apply(accounts.plan([receipt]))
    after = accounts.account("gw")
    assert (after.received, after.missing, after.declared_lost, after.duplicates) == (
        before.received, before.missing, before.declared_lost, before.duplicates,
    )  # fmt: skip
    assert after.uncounted == 1


def test_live_readings_far_ahead_of_a_long_backlog_are_counted():
    accounts = Accounts()
    accounts.apply(accounts.plan([Receipt("gw", "s", 40_000_001, 40_000_010)]))
    account = accounts.account("gw")
    assert (account.received, account.missing, account.uncounted) == (10, 40_000_000, 0)
