"""SMS of local alarms, through a simulated ModemManager on a D-Bus of this test's own, with a real spool."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from edge.alarms.bound_rules import BoundRules, Key
from edge.alarms.sms import output as sms_output
from edge.alarms.sms.output import SmsSender
from edge.alarms.watch import AlarmWatch
from edge.clock import GatewayClock, tick
from edge.modem.part import ModemPart
from edge.modem_settings import ModemSettings
from edge.output_settings import SmsOutput
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from edge.stamping import Stamper
from rules.rule import Severity
from runtime.backoff import Backoff
from tests.modem_manager_simulated import SimulatedModemManager, private_bus
from tests.unit.edge.alarms.rivers import START_MS, alarms_of, level
from wire import BUILT_IN

ANI, BUDI = "+628110000001", "+628110000002"
PATIENCE_S = 45.0
NEVER_S = float("-inf")


@pytest.fixture(scope="module")
def bus():
    with private_bus() as address:
        yield address


@pytest.fixture
async def manager(bus):
    async with SimulatedModemManager(bus) as manager:
        yield manager


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(sms_output, "TURN_S", 0.01)
    monkeypatch.setattr(sms_output, "_AGAIN", Backoff(0.01, 0.02))


class Gateway:
    """A sender, the river that it speaks of, and what the cloud has acknowledged."""

    def __init__(self, folder, **settings):
        spool = Spool(Origin("stream", "boot", 0), Limits(1 << 20, 0, 1.0))
        self.spooler = Spooler(spool, SpoolFile(folder / "spool.db"), on_change=lambda: None)
        self.modem = ModemPart(
            ModemSettings(), spooler=self.spooler, stamper=Stamper(GatewayClock(tick(synced=True))),
            on_change=lambda: None,
        )  # fmt: skip
        self.proved_s, self.hastened = NEVER_S, 0
        self.texted: list[dict[Key, int]] = []
        given = {"name": "sms", "kind": "sms", "to": (ANI, BUDI), "language": "en", "after_s": 10} | settings
        wanted = SmsOutput(**given).model_copy(update={"after_s": 0.0})
        self.sender = SmsSender(
            wanted, gateway="gw-daruba", modem=self.modem, spooler=self.spooler, proved_s=lambda: self.proved_s,
            hasten=self._hasten, is_time_known=lambda: True, texted=self._was_texted,
        )  # fmt: skip
        self.watch = AlarmWatch(BoundRules(alarms_of(), BUILT_IN), {})
        self.minute = 0

    def _was_texted(self, told):
        self.texted.append(dict(told))

    def _hasten(self):
        self.hastened += 1

    def measure(self, *values):
        for value in values:
            found = self.watch.observe([level(value, self.minute)], now_ms=START_MS + self.minute * 60_000)
            self.minute += 1
            self.sender.end(found.events)
            self.sender.hold(self.watch.open_alarms(), Severity.SEVERE)

    def rise(self, value=412.0):
        self.measure(*[value] * 3)


@asynccontextmanager
async def running(folder, **settings):
    gateway = Gateway(folder, **settings)
    await gateway.spooler.start()
    gateway.sender.recall(gateway.spooler.spool.kept)
    await gateway.modem.poll()
    task = asyncio.create_task(gateway.sender.run())
    try:
        yield gateway
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await gateway.modem.bus.close()
        await gateway.spooler.stop()


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


RAISED = "Siaga 1 daruba: River level (river-1) 412 cm, 02:00. gw-daruba, no link to the city"


async def test_an_alarm_goes_to_each_number_once_and_so_does_its_end(manager, tmp_path):
    async with running(tmp_path) as gateway:
        gateway.rise()
        await until(lambda: gateway.sender.sent == 2)
        assert manager.sent == [(ANI, RAISED), (BUDI, RAISED)]
        await until(lambda: len(manager.deleted) == 2)
        assert gateway.texted == [{("river-1", "river-level"): 1}, {("river-1", "river-level"): 2}]
        assert gateway.hastened > 0
        gateway.measure(415, 420)
        gateway.measure(*[20] * 10)
        await until(lambda: gateway.sender.sent == 4)
        assert manager.sent[2:] == [
            (each, "Over: River level (river-1), 02:05. gw-daruba, no link to the city") for each in (ANI, BUDI)
        ]
        assert gateway.sender.waiting == 0
        assert gateway.sender.note == ""


async def test_what_the_cloud_acknowledges_in_time_is_told_by_nobody_here(manager, tmp_path):
    async with running(tmp_path) as gateway:
        gateway.proved_s = float("inf")
        gateway.rise()
        await until(lambda: gateway.sender.waiting == 0)
        assert manager.sent == []
        gateway.proved_s = NEVER_S
        gateway.measure(*[20] * 10)
        gateway.rise()
        await until(lambda: gateway.sender.sent == 2)
        assert len(manager.sent) == 2


async def test_a_restart_tells_nobody_again(manager, tmp_path):
    async with running(tmp_path, to=(ANI,)) as gateway:
        gateway.rise()
        await until(lambda: gateway.sender.sent == 1)
        watch = gateway.watch
    async with running(tmp_path) as gateway:
        gateway.watch = watch
        gateway.measure()
        gateway.sender.hold(watch.open_alarms(), Severity.SEVERE)
        await until(lambda: gateway.sender.sent == 1)
        assert manager.sent == [(ANI, RAISED), (BUDI, RAISED)], "the number that is new is told"


async def test_what_went_out_while_the_agent_was_killed_is_not_sent_again(manager, tmp_path):
    async with running(tmp_path, to=(ANI,)) as gateway:
        manager.hangs_after_sending = True
        gateway.rise()
        await until(lambda: manager.sent)
        watch = gateway.watch
    manager.hangs_after_sending = False
    async with running(tmp_path, to=(ANI,)) as gateway:
        gateway.sender.hold(watch.open_alarms(), Severity.SEVERE)
        await until(lambda: gateway.sender.sent == 1)
        assert gateway.sender.waiting == 0
        assert len(manager.sent) == 1
        assert gateway.texted == [{("river-1", "river-level"): 1}]


async def test_what_nobody_knows_of_any_more_is_sent_again(manager, tmp_path):
    async with running(tmp_path, to=(ANI,)) as gateway:
        manager.hangs_after_sending = True
        gateway.rise()
        await until(lambda: manager.sent)
        watch = gateway.watch
    manager.hangs_after_sending = False
    manager.texts.clear()  # ModemManager was killed too
    async with running(tmp_path, to=(ANI,)) as gateway:
        gateway.sender.hold(watch.open_alarms(), Severity.SEVERE)
        await until(lambda: gateway.sender.sent == 1)
        assert len(manager.sent) == 2, "a warning twice is better than none"


async def test_what_does_not_go_out_is_tried_again_and_named(manager, tmp_path, monkeypatch):
    async with running(tmp_path, to=(ANI,)) as gateway:
        manager.refuses = "Network timeout"
        gateway.rise()
        await until(lambda: gateway.sender.note)
        assert gateway.sender.note == (
            "output sms: 1 people are not told yet: ModemManager refuses Send: Network timeout"
        )
        manager.refuses = ""
        await until(lambda: gateway.sender.sent == 1)
        assert gateway.sender.note == ""
        await until(lambda: not manager.texts)  # those that failed take no place


async def test_a_modem_that_cannot_is_named_and_asked_again(manager, tmp_path):
    async with running(tmp_path, to=(ANI,)) as gateway:
        modem, manager.modem = manager.modem, None
        await gateway.modem.poll()
        gateway.rise()
        await until(lambda: gateway.sender.note)
        assert "ModemManager has no modem" in gateway.sender.note
        manager.modem = modem
        await gateway.modem.poll()
        await until(lambda: gateway.sender.sent == 1)


async def test_what_could_not_be_told_for_hours_is_given_up(manager, tmp_path, monkeypatch):
    monkeypatch.setattr(sms_output, "GIVEN_UP_S", 0.05)
    async with running(tmp_path, to=(ANI,)) as gateway:
        manager.refuses = "no credit"
        gateway.rise()
        await until(lambda: gateway.sender.given_up)
        assert gateway.sender.waiting == 0
        assert "given up after" in gateway.sender.note
        assert "no credit" in gateway.sender.note


async def test_no_number_gets_more_than_its_hour(manager, tmp_path):
    async with running(tmp_path, to=(ANI,), an_hour=2) as gateway:
        gateway.rise()
        await until(lambda: gateway.sender.sent == 1)
        gateway.measure(*[20] * 10)
        await until(lambda: gateway.sender.sent == 2)
        turns = gateway.hastened
        gateway.rise()
        await until(lambda: gateway.hastened > turns + 3)
        assert len(manager.sent) == 2
        assert gateway.sender.waiting == 1


async def test_no_log_names_anybody(manager, tmp_path, caplog):
    async with running(tmp_path, to=(ANI,)) as gateway:
        gateway.rise()
        await until(lambda: gateway.sender.sent == 1)
    assert "SMS to +62…001" in caplog.text
    assert ANI not in caplog.text


STEPS = ("create", "keep", "send", "keep again", "forget")


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("step", STEPS)
async def test_killed_before_or_after_any_step_each_is_told_exactly_once(manager, tmp_path, step, is_done):
    """A kill is a step that never ends, whether its work was done or not, and a start from what the disk then holds."""
    async with running(tmp_path, to=(ANI,)) as gateway:
        reached = asyncio.Event()
        number = 2 if step.endswith("again") else 1
        where = gateway.spooler if step.startswith("keep") else gateway.modem.bus
        work, calls = getattr(where, step.split()[0]), 0

        async def killed(*given):
            nonlocal calls
            calls += 1
            if calls != number:
                return await work(*given)
            if is_done:
                await work(*given)
            reached.set()
            return await asyncio.Event().wait()

        setattr(where, step.split()[0], killed)
        gateway.rise()
        async with asyncio.timeout(PATIENCE_S):
            await reached.wait()
        watch = gateway.watch
    async with running(tmp_path, to=(ANI,)) as gateway:
        gateway.sender.hold(watch.open_alarms(), Severity.SEVERE)
        await until(lambda: manager.sent and gateway.sender.waiting == 0)
        assert manager.sent == [(ANI, RAISED)]
