"""The city's configuration taken, tried, confirmed and undone: in virtual time, with a real file beside the spool."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from edge import last_good
from edge.check import CheckedSettings, check_file
from edge.remote.city_config import CityConfig
from tests.virtual_time import run
from wire import WireError
from wire.gateway_config import ConfigReport, ConfigState, ExpectedSensor, GatewayConfig, encode_config

TOML = '[gateway]\nid = "gw-1"\n[uplink]\nbatch_s = 5\n'


class Gateway:
    """An agent's other parts, made up: what it was told to use, and whether the cloud acknowledges."""

    def __init__(self, folder: Path, *, reader: object = None, boot: str = "a", since_boot_s: float = 0.0) -> None:
        self.toml = folder / "edge.toml"
        if not self.toml.exists():
            self.toml.write_text(TOML)
        self.loop = asyncio.get_running_loop()
        self.used: list[CheckedSettings] = []
        self.proofs = 0
        self.acknowledges = True
        self.proved_s = float("-inf")
        self.reports: list[ConfigReport] = []
        self.city = CityConfig(
            self.toml, check_file(self.toml), readers={"alarms": reader} if reader else None,  # type: ignore[dict-item]
            boot=lambda: boot, now_s=lambda: since_boot_s + self.loop.time(),
        )  # fmt: skip
        self.task = self.loop.create_task(
            self.city.run(
                use=self.use, prove=self.prove, proved_s=lambda: self.proved_s,
                changed=lambda: self.reports.append(self.city.report()),
            )
        )  # fmt: skip

    async def use(self, checked: CheckedSettings) -> None:
        self.used.append(checked)

    async def prove(self) -> None:
        self.proofs += 1
        if self.acknowledges:
            self.proved_s = self.loop.time() + 0.001

    async def wants(self, config: GatewayConfig, wait_s: float = 3.0) -> None:
        self.city.on_message(encode_config(config))
        await asyncio.sleep(wait_s)

    async def dies(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    @property
    def batch_s(self) -> float:
        return (self.used[-1] if self.used else self.city.settings).settings.uplink.batch_s

    def said(self) -> list[tuple[str, int, int]]:
        return [(str(report.state), report.desired, report.in_force) for report in self.reports]


def in_virtual_time(scenario: Callable[[Path], Awaitable[None]]) -> Callable[[Path], None]:
    def test(tmp_path: Path) -> None:
        run(scenario(tmp_path))  # type: ignore[arg-type]

    return test


def batch(revision: int, batch_s: float, confirm_s: float = 20.0) -> GatewayConfig:
    return GatewayConfig(1, revision, confirm_s, uplink={"batch_s": batch_s})


@in_virtual_time
async def test_a_revision_is_tried_confirmed_and_kept_for_the_next_start(folder: Path):
    gateway = Gateway(folder)
    assert gateway.batch_s == 5
    await gateway.wants(batch(7, 60))
    assert (gateway.batch_s, gateway.proofs) == (60, 1)
    assert gateway.said() == [("trying", 7, 0), ("in_force", 7, 7)]
    await gateway.wants(batch(7, 60))
    assert len(gateway.used) == 1, "what is in force is not tried again: a broker repeats it at each connection"
    await gateway.dies()
    again = Gateway(folder)
    assert (again.batch_s, again.city.note) == (60, "")
    await again.dies()


@in_virtual_time
async def test_a_revision_that_is_not_acknowledged_is_undone_and_not_tried_again(folder: Path):
    gateway = Gateway(folder)
    await gateway.wants(batch(7, 60))
    gateway.acknowledges = False
    await gateway.wants(batch(8, 90), wait_s=19.0)
    assert (gateway.batch_s, gateway.proofs) == (90, 3)
    await asyncio.sleep(2)
    assert gateway.batch_s == 60
    assert gateway.said()[2:] == [("trying", 8, 7), ("rolled_back", 8, 7)]
    assert gateway.city.note == (
        "revision 8 of the configuration was rolled back: the cloud acknowledged nothing within 20 s of revision 8"
    )
    gateway.acknowledges = True
    await gateway.wants(batch(8, 90))
    assert gateway.batch_s == 60
    await gateway.wants(batch(9, 90))
    assert gateway.said()[-1] == ("in_force", 9, 9)
    assert gateway.city.note == ""
    await gateway.dies()


@in_virtual_time
async def test_an_ack_of_what_was_sent_before_proves_nothing(folder: Path):
    gateway = Gateway(folder)
    gateway.acknowledges = False
    await asyncio.sleep(10)
    gateway.proved_s = 9.0
    await gateway.wants(batch(7, 60), wait_s=21.0)
    assert gateway.said()[-1] == ("rolled_back", 7, 0)
    await gateway.dies()


@in_virtual_time
async def test_a_kill_within_the_trial_does_not_lengthen_it(folder: Path):
    gateway = Gateway(folder)
    gateway.acknowledges = False
    await gateway.wants(batch(7, 60), wait_s=15.0)
    await gateway.dies()
    again = Gateway(folder)
    again.acknowledges = False
    assert again.batch_s == 60
    await asyncio.sleep(6)
    assert (again.batch_s, again.said()) == (5, [("rolled_back", 7, 0)])
    await again.dies()
    third = Gateway(folder)
    assert third.batch_s == 5
    assert "was rolled back" in third.city.note
    await third.dies()


@in_virtual_time
async def test_mistakes_are_those_of_edge_toml_and_change_nothing(folder: Path):
    gateway = Gateway(folder)
    await gateway.wants(GatewayConfig(1, 7, uplink={"window": 1, "ack_timeout_s": "soon"}))
    (report,) = gateway.reports
    assert (report.state, report.desired, report.in_force) == (ConfigState.REFUSED, 7, 0)
    assert report.reason == "uplink.window: 1: write 2 or more; uplink.ack_timeout_s: 'soon': write a number"
    assert gateway.used == []
    gateway.city.on_message(b"\xff\xfe")
    await asyncio.sleep(1)
    assert "does not parse" in gateway.reports[-1].reason
    gateway.city.on_message(b"")
    await asyncio.sleep(1)
    assert len(gateway.reports) == 2, "an empty one clears what the broker keeps"
    await gateway.dies()


@in_virtual_time
async def test_a_mistake_ends_a_trial(folder: Path):
    gateway = Gateway(folder)
    gateway.acknowledges = False
    await gateway.wants(batch(7, 60))
    await gateway.wants(GatewayConfig(1, 8, uplink={"window": 1}))
    assert gateway.batch_s == 5
    await gateway.dies()


@in_virtual_time
async def test_a_part_that_nobody_reads_is_passed_over_and_said(folder: Path):
    gateway = Gateway(folder)
    await gateway.wants(GatewayConfig(1, 7, uplink={"batch_s": 9, "host": "x"}, alarms=msgspec.Raw(b"{}")))
    assert gateway.reports[-1].passed_over == (
        "alarms: is not known to this version of the gateway",
        "uplink.host: is edge.toml's alone; change it at the gateway",
    )
    assert gateway.batch_s == 9
    await gateway.dies()


class Reader:
    """Reads the part `alarms`."""

    def __init__(self) -> None:
        self.used: list[bytes | None] = []

    def check(self, raw: msgspec.Raw) -> None:
        if bytes(raw) == b"9":
            raise WireError("alarms: 9 is none")

    def use(self, raw: msgspec.Raw | None) -> None:
        self.used.append(None if raw is None else bytes(raw))


@in_virtual_time
async def test_a_part_with_a_reader_is_checked_used_and_undone(folder: Path):
    reader = Reader()
    gateway = Gateway(folder, reader=reader)
    await gateway.wants(GatewayConfig(1, 1, alarms=msgspec.Raw(b"[1]")))
    await gateway.wants(GatewayConfig(1, 2, alarms=msgspec.Raw(b"9")))
    assert gateway.reports[-1].reason == "alarms: 9 is none"
    gateway.acknowledges = False
    await gateway.wants(GatewayConfig(1, 3, 5.0, alarms=msgspec.Raw(b"[3]")), wait_s=7.0)
    assert reader.used == [None, b"[1]", b"[3]", b"[1]"]
    await gateway.dies()


ASKED = (
    '[[sources]]\nname = "air"\nfamily = "plantower"\nmodel = "pms5003"\nport = "/dev/null"\nsensor = "air-1"\n'
    'mode = "query"\n'
)


@in_virtual_time
async def test_a_configuration_that_edge_toml_has_outgrown_leaves_edge_toml_alone_and_says_so(folder: Path):
    gateway = Gateway(folder)
    gateway.toml.write_text(TOML + ASKED)
    often = GatewayConfig(1, 7, uplink={"batch_s": 60}, sensors=(ExpectedSensor("air-1", interval_s=10.0),))
    await gateway.wants(often)
    assert gateway.used[-1].settings.sources[0].options["every_s"] == 10
    gateway.toml.write_text(TOML + ASKED + "sleep = true\nevery_s = 120\n")
    alone = gateway.city.check_again().settings
    assert (alone.uplink.batch_s, alone.sources[0].options["every_s"]) == (5, 120)
    assert gateway.city.note.startswith(
        "the city's configuration does not fit edge.toml, which holds alone: sources[0].every_s: 10: with sleep write"
    )
    assert (gateway.city.report().state, gateway.city.report().in_force) == (ConfigState.REFUSED, 0)
    gateway.toml.write_text(TOML + ASKED)
    assert gateway.city.check_again().settings.uplink.batch_s == 60
    assert gateway.city.note == ""
    await gateway.dies()


@in_virtual_time
async def test_a_file_of_zeros_gives_the_configuration_before_it_and_says_so(folder: Path):
    gateway = Gateway(folder)
    await gateway.wants(batch(7, 60))
    await gateway.wants(batch(8, 50))
    await gateway.dies()
    (folder / "spool.db.city").write_bytes(b"\0" * 300)
    again = Gateway(folder)
    assert again.batch_s == 50, "8, on trial, as it was before it was confirmed"
    assert again.city.note.startswith("spool.db.city is damaged (its check sum does not fit)")
    await asyncio.sleep(3)
    assert (again.said(), again.city.note) == ([("in_force", 8, 8)], "")
    await again.dies()


@in_virtual_time
async def test_where_a_power_cut_emptied_edge_toml_the_city_s_words_lie_over_its_copy(folder: Path):
    gateway = Gateway(folder)
    await gateway.wants(batch(7, 60))
    await gateway.dies()
    last_good.keep(gateway.toml, folder / "spool.db")
    gateway.toml.write_bytes(b"\0" * 50)
    copy = last_good.kept(gateway.toml)
    city = CityConfig(gateway.toml, check_file(gateway.toml, copy=copy))
    assert city.settings.settings.uplink.batch_s == 60
    assert city.settings.note.startswith("edge.toml is empty or holds zeros, as after a power cut")


@in_virtual_time
async def test_a_disk_that_takes_nothing_keeps_the_old_configuration(folder: Path):
    gateway = Gateway(folder)
    (folder / ".spool.db.city.new").mkdir()
    await gateway.wants(batch(7, 60))
    assert gateway.batch_s == 5
    assert "so revision 7 of the configuration is not used; look at the disk" in gateway.city.note
    (folder / ".spool.db.city.new").rmdir()
    await gateway.wants(batch(7, 60))
    assert (gateway.batch_s, gateway.city.note) == (60, "")
    await gateway.dies()
