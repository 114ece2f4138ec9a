"""ModemManager over a real D-Bus: a simulated one on a bus of this test's own."""

import asyncio

import pytest

from edge.clock import GatewayClock, tick
from edge.modem import bus as modem_bus
from edge.modem.bus import SENT, ModemManagerBus, ModemProblem
from edge.modem.part import ModemPart
from edge.modem_settings import ModemSettings
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from edge.stamping import Stamper
from tests.modem_manager_simulated import MODEM, ROOT, SimulatedModemManager, private_bus


@pytest.fixture(scope="module")
def bus():
    with private_bus() as address:
        yield address


@pytest.fixture
async def manager(bus):
    async with SimulatedModemManager(bus) as manager:
        yield manager


@pytest.fixture
async def asked():
    asked = ModemManagerBus()
    yield asked
    await asked.close()


class PartOfAnAgent:
    """A `ModemPart` on a real spool; `said` counts what it had to say."""

    def __init__(self, folder, **settings):
        spool = Spool(Origin("stream", "boot", 0), Limits(1 << 20, 0, 1.0))
        self.spooler = Spooler(spool, SpoolFile(folder / "spool.db"), on_change=lambda: None)
        self.said = 0
        self.part = ModemPart(
            ModemSettings(**settings), spooler=self.spooler, stamper=Stamper(GatewayClock(tick(synced=True))),
            on_change=self._say,
        )  # fmt: skip

    def _say(self):
        self.said += 1

    async def __aenter__(self):
        await self.spooler.start()
        return self

    async def __aexit__(self, *_):
        self.part.keep()
        await self.part.bus.close()
        await self.spooler.stop()

    async def samples(self):
        await self.part.poll()
        return {each.quantity: each.value for each in self.part.samples()}


async def test_the_modem_is_found_and_its_signal_asked_for(manager, asked):
    assert (await asked.poll()).signal == {}
    view = await asked.poll()
    assert (view.model, view.operator, view.generation, view.quality) == ("SIM7600G-H", "TELKOMSEL", 4, 64.0)
    assert view.signal == {"rsrp": -98.0, "rsrq": -11.0, "signal_to_noise": 7.4, "signal": -71.0}


async def test_a_rule_that_forbids_the_signal_costs_the_signal_alone(manager, asked):
    manager.forbids = "Signal.Setup"
    assert (await asked.poll()).quality == 64.0
    assert (await asked.poll()).signal == {}


async def test_an_sms_is_made_sent_found_and_deleted(manager, asked):
    view = await asked.poll()
    path = await asked.create(view, "+628123456789", "Siaga 1")
    await asked.send(path)
    assert manager.sent == [("+628123456789", "Siaga 1")]
    assert await asked.state_of(path, "+628123456789", "Siaga 1") == SENT
    assert await asked.state_of(path, "+628123456789", "Siaga 2") is None, "another one has its place"
    await asked.forget(view, path)
    assert manager.texts == {}


async def test_what_goes_wrong_is_a_sentence(bus, asked, monkeypatch):
    with pytest.raises(ModemProblem, match="ModemManager does not run"):
        await asked.poll()
    async with SimulatedModemManager(bus) as manager:
        view = await asked.poll()
        manager.refuses = "Network timeout"
        with pytest.raises(ModemProblem, match="refuses Send: Network timeout"):
            await asked.send(await asked.create(view, "+62811", "x"))
        manager.forbids = "Messaging.Create"
        with pytest.raises(ModemProblem, match="no Create: `sudo siaga-edge install`"):
            await asked.create(view, "+62811", "x")
        manager.never_answers = True
        monkeypatch.setattr(modem_bus, "ANSWER_S", 0.05)
        with pytest.raises(ModemProblem, match="does not answer to GetAll"):
            await asked.state_of("/a", "+62811", "x")
        manager.never_answers = False
        assert await asked.poll() is not None, "it connects anew"
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    await asked.close()
    with pytest.raises(ModemProblem, match="D-Bus cannot be reached"):
        await asked.poll()


async def test_a_modem_vanishes_and_comes_back_under_another_path(manager, tmp_path):
    async with PartOfAnAgent(tmp_path) as agent:
        assert (await agent.samples())["signal_quality"] == 64.0
        modem, manager.modem = manager.modem, None
        assert await agent.samples() == {"mobile_generation": 0.0, "sim_data_used": 1.5}
        assert "has no modem" in str(agent.part.sms_problem)
        manager.modem, manager.path = modem, f"{ROOT}/Modem/5"
        assert (await agent.samples())["rsrp"] == -98.0
        assert agent.part.sms_problem is None
        assert agent.part.view.path == f"{ROOT}/Modem/5"


async def test_a_modemmanager_that_is_gone_tells_nothing_and_ends_nothing(bus, tmp_path, monkeypatch):
    async with PartOfAnAgent(tmp_path) as agent:
        async with SimulatedModemManager(bus):
            assert await agent.part.poll()
        assert not await agent.part.poll()
        monkeypatch.setattr("edge.modem.part.STARTS_WITHIN_S", -1.0)
        with monkeypatch.context() as later:
            later.setattr("edge.modem.part.FRESH_S", -1.0)
            assert await agent.samples() == {}
        assert agent.part.notes == ("modem: ModemManager does not run; see systemctl status ModemManager",)
        assert agent.said == 1, "it is said once"
        async with SimulatedModemManager(bus):
            assert await agent.part.poll()
            assert agent.part.notes == ()


async def test_what_is_used_of_the_plan_survives_agents_and_modems(manager, tmp_path):
    async with PartOfAnAgent(tmp_path, quota_mb=10) as agent:
        assert (await agent.samples())["sim_quota_left"] == 85.0
        manager.stats["total-rx-bytes"] = ("t", 2_000_000)
        assert (await agent.samples())["sim_data_used"] == 2.5
    async with PartOfAnAgent(tmp_path, quota_mb=10) as agent:
        assert (await agent.samples())["sim_data_used"] == 2.5
        manager.stats["total-rx-bytes"] = ("t", 500_000)  # a connection that was made anew
        manager.stats["total-tx-bytes"] = ("t", 0)
        assert (await agent.samples())["sim_quota_left"] == 70.0
        manager.stats["total-rx-bytes"] = ("t", 7_000_000)
        await agent.samples()
        assert agent.part.notes == ("modem: 5 percent of the plan's 10 MB are left in this month",)
        assert (agent.part.now().used_mb, agent.part.now().left_percent) == (9.5, 5.0)


async def test_a_roaming_modem_is_named_and_so_is_what_is_wrong(manager, tmp_path, monkeypatch):
    monkeypatch.setattr("edge.modem.part.STARTS_WITHIN_S", -1.0)
    async with PartOfAnAgent(tmp_path) as agent:
        manager.modem[f"{MODEM}.Modem3gpp"]["RegistrationState"] = ("u", 5)
        await agent.part.poll()
        assert agent.part.notes == ("modem: it is roaming in the network of TELKOMSEL, which may cost more",)
        manager.modem[MODEM]["UnlockRequired"] = ("u", 2)
        await agent.part.poll()
        assert "locked by its SIM-PIN" in agent.part.notes[0]
        assert "locked by its SIM-PIN" in agent.part.now().problem


async def test_looking_goes_on_whatever_happens(bus, tmp_path, monkeypatch):
    monkeypatch.setattr("edge.modem.part.LOOK_EVERY_S", 0.01)
    async with PartOfAnAgent(tmp_path) as agent, SimulatedModemManager(bus) as manager:
        running = asyncio.create_task(agent.part.run())
        async with asyncio.timeout(10):
            while agent.part.view is None:
                await asyncio.sleep(0.01)
            manager.modem = None
            while agent.part.view is not None:
                await asyncio.sleep(0.01)
        running.cancel()


async def test_an_error_of_ours_ends_nothing_and_is_named(manager, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("edge.modem.part.STARTS_WITHIN_S", -1.0)
    async with PartOfAnAgent(tmp_path) as agent:
        manager.modem |= {MODEM: {"State": ("s", "on"), "Bearers": ("s", "none")}}
        assert await agent.part.poll(), "what cannot be is taken for nothing"
        monkeypatch.setattr("edge.modem.bus.view_in", lambda objects: objects["nowhere"])
        assert not await agent.part.poll()
        assert not await agent.part.poll()
        assert "by an error of this agent" in agent.part.notes[0]
        assert caplog.text.count("Traceback") == 1
