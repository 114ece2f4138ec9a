"""The agent's share: an offer is kept, what is of no use is refused at once, and what the updater says is told."""

from pathlib import Path

import msgspec
import pytest

from edge.remote.commands import NotDone
from edge.update.agents_part import PROVE_EVERY_S, UpdatePart
from edge.update.asked import UpdateRequest, read_offer, read_request
from edge.update.kept_update import write_update
from edge.update.places import CURRENT, UpdatePlaces
from edge.update.trial_of_version import KeptUpdate, UpdateStep
from edge.update.versions import point
from wire import WireError
from wire.gateway_command import GatewayCommand
from wire.gateway_update import UpdateOffer, UpdateState, UpdateStatus, encode_offer

OFFER = UpdateOffer("https://siaga.example/updates", '{"signed":{},"signatures":[]}')


class Agent:
    """The part in a gateway that was installed by install.sh, with version 1.1.0."""

    def __init__(self, folder: Path) -> None:
        self.places = UpdatePlaces(folder / "opt", folder / "asked")
        for each in (self.places.work, self.places.asked, self.places.installed / "versions" / "1.1.0"):
            each.mkdir(parents=True)
        point(self.places.installed, CURRENT, "1.1.0")
        self.now_ms: int | None = 5
        self.now_s = 0.0
        self.changes = self.proofs = 0
        self.is_connected = True
        self.part = UpdatePart(
            self.places, "1.1.0", now_ms=lambda: self.now_ms, now_s=lambda: self.now_s, changed=self._change,
            prove=self._prove,
        )  # fmt: skip

    def _change(self) -> None:
        self.changes += 1

    def _prove(self) -> bool:
        self.proofs += self.is_connected
        return self.is_connected

    async def ask(self, version: str, *, again: bool = False) -> object:
        return await self.part.ask(GatewayCommand(1, "update", "key", 9, version=version, again=again))


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    made = Agent(tmp_path)
    made.part.use(msgspec.Raw(encode_offer(OFFER)))
    return made


async def test_what_is_asked_for_is_left_for_the_updater(agent: Agent):
    assert read_offer(agent.places.offer) == OFFER
    assert await agent.ask("1.2.0", again=True) == {"version": "1.2.0", "from": "1.1.0"}
    assert read_request(agent.places.request) == UpdateRequest("1.2.0", "key", True)
    assert agent.places.request.stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotDone, match="an update to another version is under way"):
        await agent.ask("1.3.0")


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.1", "version 1.1 runs here already"), ("1.0.9", "version 1.1.0 runs here, and 1.0.9 is older"),
        ("v2", "is none; write it as 1.2.0"), ("", "is none"),
    ],
)  # fmt: skip
async def test_a_version_that_is_of_no_use_is_refused_at_once(agent: Agent, version: str, said: str):
    with pytest.raises(NotDone, match=said):
        await agent.ask(version)
    assert read_request(agent.places.request) is None


async def test_what_lacks_is_said_at_once(agent: Agent):
    agent.now_ms = None
    with pytest.raises(NotDone, match="the time is not known here yet"):
        await agent.ask("1.2.0")
    agent.places.offer.unlink()
    agent.now_ms = 5
    with pytest.raises(NotDone, match="does not say where updates are"):
        await agent.ask("1.2.0")
    agent.places.offer.write_bytes(b"\0")
    with pytest.raises(NotDone, match=r"update does not parse"):
        await agent.ask("1.2.0")
    agent.part.use(msgspec.Raw(encode_offer(UpdateOffer(OFFER.url, ""))))
    with pytest.raises(NotDone, match="no root of trust is known here"):
        await agent.ask("1.2.0")
    write_update(agent.places, KeptUpdate(UpdateStep.FETCHING, "1.2.0"))
    agent.part.poll()
    with pytest.raises(NotDone, match=r"an update to 1\.2\.0 is under way"):
        await agent.ask("1.3.0")
    agent.places.installed.joinpath(CURRENT).unlink()
    with pytest.raises(NotDone, match=r"was not installed by install\.sh"):
        await agent.ask("1.2.0")


async def test_a_disk_that_takes_nothing_is_a_sentence(agent: Agent, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge.update.asked.replace_file", full)
    with pytest.raises(NotDone, match=r"update\.request cannot be written: No space left"):
        await agent.ask("1.2.0")
    agent.part.use(msgspec.Raw(encode_offer(UpdateOffer("https://other", ""))))
    assert agent.part.note == "update.offer cannot be written: No space left on device; look at the disk"
    agent.part.use(msgspec.Raw(encode_offer(OFFER)))
    assert agent.part.note == "", "what is there already is not written"


def test_an_offer_stays_where_the_city_says_nothing_of_it(agent: Agent):
    agent.part.use(None)
    assert read_offer(agent.places.offer) == OFFER
    with pytest.raises(WireError):
        agent.part.check(msgspec.Raw(b'{"url":"ftp://x"}'))
    agent.places.offer.write_bytes(b"\0")
    agent.part.use(msgspec.Raw(encode_offer(OFFER)))
    assert read_offer(agent.places.offer) == OFFER


def test_what_the_updater_says_is_told_once(agent: Agent):
    agent.part.poll()
    said = agent.changes
    for _ in range(3):
        agent.part.poll()
    assert (agent.changes, agent.part.status) == (said, None)
    write_update(agent.places, KeptUpdate(UpdateStep.ROLLED_BACK, "1.2.0", reason="no ack", time_ms=7))
    agent.part.poll()
    agent.part.poll()
    assert agent.changes == said + 1
    assert agent.part.status == UpdateStatus("1.2.0", UpdateState.ROLLED_BACK, "no ack", 7)
    assert agent.part.note == "the update to version 1.2.0 was taken back: no ack"
    agent.places.state.write_bytes(b"\0")
    agent.part.poll()
    assert "is damaged" in agent.part.note


def test_before_and_in_a_trial_there_is_something_to_acknowledge(agent: Agent):
    for step, proofs in ((UpdateStep.FETCHING, 0), (UpdateStep.INSTALLING, 2), (UpdateStep.ON_TRIAL, 2)):
        write_update(agent.places, KeptUpdate(step, "1.2.0"))
        agent.proofs = 0
        for _ in range(2):
            agent.now_s += PROVE_EVERY_S
            agent.part.poll()
            agent.part.poll()
        assert agent.proofs == proofs, step
    agent.is_connected = False
    agent.now_s += PROVE_EVERY_S
    agent.part.poll()
    agent.is_connected = True
    agent.part.poll()
    assert agent.proofs == proofs + 1, "as soon as it is connected"


def test_one_that_is_being_taken_back_is_on_trial_to_whoever_waits(agent: Agent):
    status = KeptUpdate(UpdateStep.RETURNING, "1.2.0", reason="no ack").status
    assert status == UpdateStatus("1.2.0", UpdateState.ON_TRIAL, "no ack")
    assert KeptUpdate().status is None


async def test_a_request_that_nobody_takes_up_is_told(agent: Agent):
    await agent.ask("1.2.0")
    for agent.now_s in (1.0, 100.0):
        agent.part.poll()
    assert agent.part.note == ""
    agent.now_s = 122.0
    assert agent.part.note.startswith("an update was asked for, and nobody takes it up")
    write_update(agent.places, KeptUpdate(UpdateStep.FETCHING, "1.2.0"))
    agent.part.poll()
    assert agent.part.note == ""
