"""The updater's steps, with a real repository and a real archive; what the agent says, and its start, are handed in."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.installation.parts import CannotInstall
from edge.update import trial_of_version as trial
from edge.update import updater as updater_module
from edge.update.asked import UpdateRequest, read_request, write_offer, write_request
from edge.update.kept_update import read_update, write_update
from edge.update.link_settings import LinkSettings
from edge.update.places import CURRENT, UPDATER, UpdatePlaces
from edge.update.running import RunningAlarm, RunningClock, RunningLink, RunningSource, RunningVersion
from edge.update.trial_of_version import KeptUpdate, UpdateStep
from edge.update.updater import Updater
from edge.update.versions import point
from i18n.message import LocalizedMessage
from tests.signed_updates import SignedUpdates
from tests.tiny_archive import pack, tiny_archive
from wire import Clock, SourceStatus
from wire.gateway_update import UpdateOffer, archive_name

LINK = LinkSettings(trusts_system_clock=True)


class Killed(BaseException):
    """SIGKILL."""


class Site:
    """A gateway with version 1.1.0, and a city whose updates it trusts; `agent` is the version whose agent runs."""

    def __init__(self, folder: Path, updates: SignedUpdates, url: str) -> None:
        self.folder, self.updates = folder, updates
        self.places = UpdatePlaces(folder / "opt", folder / "asked")
        for each in (self.places.work, self.places.asked, self.places.installed / "versions" / "1.1.0"):
            each.mkdir(parents=True)
        for link in (CURRENT, UPDATER):
            point(self.places.installed, link, "1.1.0")
        write_offer(self.places.offer, UpdateOffer(url, updates.root_text))
        self.agent = "1.1.0"
        self.starts: list[str] = []
        self.is_heard: Callable[[str], bool] = lambda version: True
        self.states: Callable[[str], SourceStatus] = lambda version: SourceStatus.OK
        self.breaks: set[str] = set()
        self.alarms: Callable[[], tuple[RunningAlarm, ...]] = lambda: ()

    def publish(self, version: str, **how: object) -> None:
        archive = tiny_archive(self.folder, version, **how)  # type: ignore[arg-type]
        self.updates.publish(version, archive)

    def ask(self, version: str, *, again: bool = False, key: str = "") -> None:
        write_request(self.places.request, UpdateRequest(version, key or os.urandom(4).hex(), again))

    def look(self) -> RunningVersion | None:
        link = RunningLink(1.0 if self.is_heard(self.agent) else None)
        source = RunningSource("river", self.states(self.agent))
        return RunningVersion(self.agent, 1_796_000_000_000, (source,), RunningClock(Clock.SYNCED), link, self.alarms())

    def start(self) -> None:
        self.agent = self.places.version_in(CURRENT)
        self.starts.append(self.agent)
        if self.agent in self.breaks:
            raise CannotInstall(LocalizedMessage("it breaks"))

    def update(self, *, link: LinkSettings = LINK, confirm_s: float = 0.2) -> KeptUpdate:
        Updater(self.places, link, look=self.look, start=self.start, confirm_s=confirm_s, look_every_s=0.01).run()
        kept, problem = read_update(self.places.state)
        assert problem == ""
        assert not self.places.under_way.exists()
        assert not self.places.request.exists()
        return kept

    def versions(self) -> list[str]:
        return sorted(each.name for each in (self.places.installed / "versions").iterdir())

    def runs(self) -> tuple[str, str, str]:
        return self.agent, self.places.version_in(CURRENT), self.places.version_in(UPDATER)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    updates = SignedUpdates(tmp_path / "updates")
    with updates.served() as url:
        made = Site(tmp_path, updates, url)
        made.publish("1.2.0")
        yield made


def test_a_version_that_is_acknowledged_is_confirmed_and_the_one_before_is_kept(site: Site):
    (site.places.installed / "versions" / "1.0.0").mkdir()
    site.ask("1.2.0")
    kept = site.update()
    assert (kept.step, kept.reason) == (UpdateStep.CONFIRMED, "")
    assert site.runs() == ("1.2.0", "1.2.0", "1.2.0")
    assert site.versions() == ["1.1.0", "1.2.0"]
    assert not site.places.archive.exists()
    site.publish("1.3.0")
    site.ask("1.3.0")
    assert site.update().step is UpdateStep.CONFIRMED
    assert site.versions() == ["1.2.0", "1.3.0"]
    for version in ("1.2.0", "1.4.0"):
        site.ask(version)
        assert site.update().step is UpdateStep.REFUSED
        assert site.versions() == ["1.2.0", "1.3.0"], "the way back stays"
    site.breaks = {"1.10.0"}
    site.publish("1.10.0")
    site.ask("1.10.0")
    assert site.update().step is UpdateStep.ROLLED_BACK
    assert site.versions() == ["1.2.0", "1.3.0"]


def test_a_version_that_nothing_acknowledges_is_taken_back_and_its_archive_not_tried_again(site: Site):
    site.is_heard = lambda version: version == "1.1.0"
    site.ask("1.2.0")
    kept = site.update()
    assert (kept.step, kept.reason) == (
        UpdateStep.ROLLED_BACK, "the cloud acknowledged nothing within 0 s of version 1.2.0",
    )  # fmt: skip
    assert site.runs() == ("1.1.0", "1.1.0", "1.1.0")
    assert site.starts == ["1.2.0", "1.1.0"]
    assert site.versions() == ["1.1.0"]
    site.is_heard = lambda version: True
    site.ask("1.2.0")
    kept = site.update()
    assert kept.step is UpdateStep.REFUSED
    assert kept.reason.startswith("version 1.2.0 was rolled back here before: the cloud acknowledged nothing")
    site.ask("1.2.0", again=True)
    assert site.update().step is UpdateStep.CONFIRMED
    assert read_update(site.places.state)[0].rejected == ()


def test_a_version_that_does_not_start_or_answer_is_taken_back(site: Site):
    site.breaks = {"1.2.0"}
    site.ask("1.2.0")
    assert site.update().reason == "it could not be started: it breaks"
    assert site.runs()[0] == "1.1.0"
    site.publish("1.3.0")
    site.ask("1.3.0")
    site.start = lambda: None  # systemd says well, and the old one runs on
    kept = site.update()
    assert (kept.step, kept.reason) == (UpdateStep.ROLLED_BACK, "version 1.3.0 did not answer within 0 s")


def test_a_version_that_runs_on_though_it_was_taken_back_is_ended_again(site: Site):
    site.is_heard = lambda version: version == "1.1.0"
    start, tries = site.start, iter(range(2))

    def stubborn() -> None:
        if site.agent == "1.1.0" or next(tries, None) is None:
            start()

    site.start = stubborn
    site.ask("1.2.0")
    kept = site.update()
    assert (kept.step, site.runs()[0]) == (UpdateStep.ROLLED_BACK, "1.1.0")
    assert next(tries, None) is None


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (SourceStatus.OK, UpdateStep.CONFIRMED), (SourceStatus.STARTING, UpdateStep.CONFIRMED),
        (SourceStatus.SILENT, UpdateStep.ROLLED_BACK), (SourceStatus.FAILED, UpdateStep.ROLLED_BACK),
    ],
)  # fmt: skip
def test_a_version_that_loses_a_sensor_is_taken_back(site: Site, state: SourceStatus, step: UpdateStep):
    site.states = lambda version: SourceStatus.OK if version == "1.1.0" else state
    site.ask("1.2.0")
    kept = site.update()
    assert kept.step is step
    assert ("river" in kept.reason) == (step is UpdateStep.ROLLED_BACK)


def test_a_sensor_that_gave_nothing_before_is_not_waited_for(site: Site):
    site.states = lambda version: SourceStatus.SILENT
    site.ask("1.2.0")
    assert site.update(confirm_s=60).step is UpdateStep.CONFIRMED


def reasons_of(site: Site) -> list[str]:
    """What held an update up that was confirmed in the end."""
    seen: list[str] = []

    def noting(places: UpdatePlaces, kept: KeptUpdate) -> None:
        seen.append(kept.reason)
        write_update(places, kept)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(updater_module, "write_update", noting)
        assert site.update().step is UpdateStep.CONFIRMED
    return [reason for reason in seen if reason]


def test_no_trial_begins_while_nothing_is_acknowledged(site: Site):
    looks = iter(range(4))
    site.is_heard = lambda version: version == "1.2.0" or next(looks, None) is None
    site.ask("1.2.0")
    assert reasons_of(site) == ["nothing is acknowledged now, so a trial would prove nothing; waiting for the link"]


def test_no_trial_begins_while_a_siren_is_on(site: Site):
    looks = iter(range(3))
    site.alarms = lambda: (RunningAlarm("river", 7 if next(looks, None) is not None else 0),)
    site.ask("1.2.0")
    assert reasons_of(site) == ["a siren is on for river; waiting for its end"]


def test_what_cannot_be_done_is_given_up_in_the_end(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(updater_module, "GIVE_UP_S", 0.05)
    site.updates.answers["timestamp.json"] = 503
    site.ask("1.2.0")
    kept = site.update()
    assert kept.step is UpdateStep.REFUSED
    assert "answers 503; tried for " in kept.reason


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.1.0", "version 1.1.0 runs here already"),
        ("1.0.9", "version 1.1.0 runs here, and 1.0.9 is older; go back on site"),
        ("../../etc", "is none; write it as 1.2.0"),
        ("1.4.0", "is not among the signed updates"),
    ],
)
def test_what_is_of_no_use_is_refused(site: Site, version: str, said: str):
    site.ask(version)
    kept = site.update()
    assert (kept.step, said in kept.reason) == (UpdateStep.REFUSED, True), kept.reason
    assert site.runs() == ("1.1.0", "1.1.0", "1.1.0")


def test_without_a_time_that_somebody_vouches_for_nothing_is_judged(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(updater_module, "kernel_is_synced", lambda: False)
    with monkeypatch.context() as nobody:
        nobody.setattr(site, "look", lambda: None)
        site.ask("1.2.0")
        assert "the time is not known here" in site.update(link=LinkSettings()).reason
    site.ask("1.2.0")
    kept = site.update(link=LinkSettings())
    assert "the signed lists" not in kept.reason, "the agent's time, which it has from a receiver or the cloud, will do"
    assert kept.time_ms == 1_796_000_000_000


@pytest.mark.parametrize("content", [b"\0" * 9, b"{}", b"x" * 9_000])
def test_a_request_that_cannot_be_read_is_thrown_away(site: Site, content: bytes):
    site.places.request.write_bytes(content)
    assert site.update().step is UpdateStep.NONE
    site.places.request.symlink_to("/etc/shadow")
    assert site.update().step is UpdateStep.NONE


def test_an_archive_that_is_not_what_it_says_is_refused(site: Site):
    for version, holds, install in (("1.4.0", "1.4.0", "exit 2"), ("1.5.0", "1.5.0", "echo no"), ("1.6.0", "9.9", "")):
        archive = tiny_archive(site.folder, holds, install=install)
        site.updates.publish(version, archive.rename(site.folder / archive_name(version, "any")))
        site.ask(version)
        kept = site.update()
        assert (kept.step, site.runs()[0]) == (UpdateStep.REFUSED, "1.1.0"), kept.reason
    assert "cannot be unpacked" in _refusal(site, "1.7.0", b"no archive")
    links = pack(site.folder / "links.tar.gz", {"a": b""}).read_bytes()
    assert "which is not in siaga-edge-1.8.0" in _refusal(site, "1.8.0", links)


def _refusal(site: Site, version: str, content: bytes) -> str:
    archive = site.folder / "other"
    archive.write_bytes(content)
    site.updates.publish(version, archive)
    site.ask(version)
    return site.update().reason


def test_what_stood_under_the_name_of_another_archive_is_not_used(site: Site):
    old = site.places.installed / "versions" / "1.2.0"
    old.mkdir()
    (old / ".complete").touch()
    (old / "old").touch()
    site.ask("1.2.0")
    assert site.update().step is UpdateStep.CONFIRMED
    assert not (old / "old").exists()


def test_an_archive_that_was_damaged_after_it_was_fetched_is_fetched_again(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.ask("1.2.0")
    _killed_at(site, monkeypatch, "installing", "after")
    (archive,) = site.places.archive.iterdir()
    archive.write_bytes(archive.read_bytes()[:-9])
    assert site.update(confirm_s=60).step is UpdateStep.CONFIRMED


def test_a_version_from_which_there_is_no_way_back_is_refused(site: Site):
    site.publish("1.4.0", opened_from=99)
    site.ask("1.4.0")
    assert "so there would be no way back" in site.update().reason


def test_a_full_disk_is_seen_before(site: Site, monkeypatch: pytest.MonkeyPatch):
    disk = os.statvfs_result((4096, 4096, 1_000_000, 1_000, 1_000, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    site.ask("1.2.0")
    assert "has 3 MB left; make room" in site.update().reason


def test_what_is_installed_on_site_meanwhile_stays(site: Site):
    def by_hand(version: str) -> bool:
        if version == "1.2.0":
            (site.places.installed / "versions" / "2.0.0").mkdir(exist_ok=True)
            point(site.places.installed, CURRENT, "2.0.0")
        return version != "1.2.0"

    site.is_heard = by_hand
    site.ask("1.2.0")
    assert site.update(confirm_s=60).reason == "another version was installed on site meanwhile"
    assert site.runs()[1] == "2.0.0"


MOMENTS = [
    (step, when) for step in ("fetching", "installing", "on_trial", "confirmed") for when in ("before", "after")
]  # fmt: skip


@pytest.mark.parametrize(("step", "when"), MOMENTS)
def test_a_kill_before_and_after_each_step_is_written_costs_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, step: str, when: str
):
    site.ask("1.2.0", key="once")
    _killed_at(site, monkeypatch, step, when)
    assert site.update(confirm_s=60).step is UpdateStep.CONFIRMED
    assert site.runs() == ("1.2.0", "1.2.0", "1.2.0")
    assert read_request(site.places.request) is None
    assert site.update().step is UpdateStep.CONFIRMED, "and it is not done twice"
    assert site.versions() == ["1.1.0", "1.2.0"]


@pytest.mark.parametrize("moment", ["before", "within"])
def test_a_kill_around_the_start_of_the_version_on_trial_starts_it_whole(site: Site, moment: str):
    """Its unit may not be laid yet, though its agent runs."""
    start = site.start

    def killed() -> None:
        if moment == "within":
            start()
        raise Killed

    site.ask("1.2.0")
    site.start = killed
    with pytest.raises(Killed):
        site.update()
    site.start = start
    assert site.update(confirm_s=60).step is UpdateStep.CONFIRMED
    assert site.starts == ["1.2.0"] * (2 if moment == "within" else 1)


def test_a_kill_after_the_end_leaves_nothing_that_starts_an_updater_at_each_boot(site: Site):
    site.ask("1.2.0")
    site.update()
    site.places.under_way.touch()
    site.places.unpacked.mkdir()
    assert site.update().step is UpdateStep.CONFIRMED
    assert not site.places.unpacked.exists()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["returning", "rolled_back"])
def test_a_kill_on_the_way_back_ends_with_the_version_before(
    site: Site, monkeypatch: pytest.MonkeyPatch, step: str, when: str
):
    site.is_heard = lambda version: version == "1.1.0"
    site.ask("1.2.0")
    _killed_at(site, monkeypatch, step, when)
    assert site.update().step is UpdateStep.ROLLED_BACK
    assert site.runs() == ("1.1.0", "1.1.0", "1.1.0")


def _killed_at(site: Site, monkeypatch: pytest.MonkeyPatch, step: str, when: str) -> None:
    keep = write_update

    def killing(places: UpdatePlaces, kept: KeptUpdate) -> None:
        if when == "after" or kept.step != step:
            keep(places, kept)
        if kept.step == step:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(updater_module, "write_update", killing)
        with pytest.raises(Killed):
            site.update()


def test_a_version_that_kills_the_machine_is_taken_back_at_the_third_start(site: Site):
    site.ask("1.2.0")
    start, site.start = site.start, _kills
    for _ in range(2):
        with pytest.raises(Killed):
            site.update()
    assert site.runs()[1:] == ("1.2.0", "1.1.0"), "the updater is that of the version before"
    ready: list[str] = []
    site.start = start
    site.agent = "none"
    Updater(
        site.places, LINK, look=site.look, start=site.start, ready=lambda: ready.append(site.places.version_in(CURRENT))
    ).run()
    assert ready == ["1.1.0"], "the link leads back before systemd starts the agent"
    assert read_update(site.places.state)[0].reason == "it was not acknowledged over 2 starts"
    assert site.runs() == ("1.1.0", "1.1.0", "1.1.0")


def _kills() -> None:
    raise Killed


def test_an_updater_that_is_killed_again_and_again_gives_up(site: Site):
    kept = trial.accept(KeptUpdate(), "1.2.0", before="1.1.0", key="k", again=False, time_ms=None)
    for count in range(trial.MOST_BREAKS):
        assert kept.step is UpdateStep.FETCHING, count
        kept = trial.started(kept, boot="b", now_s=1.0, confirm_s=9)
    assert (kept.step, kept.reason) == (UpdateStep.REFUSED, "fetching broke off 10 times")


def test_a_state_that_is_damaged_begins_anew_and_says_so(site: Site):
    site.ask("1.2.0")
    site.update()
    for file in (site.places.state, site.places.state.with_name("state.json.last")):
        file.write_bytes(b"\0")
    kept, problem = read_update(site.places.state)
    assert (kept, "what became of the last update is not known" in problem) == (KeptUpdate(), True)
    site.publish("1.3.0")
    site.ask("1.3.0")
    assert site.update().step is UpdateStep.CONFIRMED
