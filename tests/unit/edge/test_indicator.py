"""The lamp and the file, on a folder that stands for /sys/class/leds, in virtual time."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.check import check_file
from edge.control.condition import GatewayCondition, GatewayVerdict
from edge.indicator import FRESH_EVERY_S, PATTERNS, Indicator
from edge.indicator_settings import IndicatorSettings
from runtime.settings import SettingsError
from tests.unit.edge.control.snapshots import snapshot
from tests.virtual_time import run


@pytest.fixture
def leds(tmp_path: Path) -> Path:
    (tmp_path / "leds" / "ACT").mkdir(parents=True)
    for name, text in (("brightness", "0"), ("max_brightness", "255\n"), ("trigger", "mmc0")):
        (tmp_path / "leds" / "ACT" / name).write_text(text)
    return tmp_path / "leds"


class _Judge:
    def __init__(self) -> None:
        self.verdict = GatewayVerdict(snapshot())
        self.breaks = False

    async def __call__(self) -> GatewayVerdict:
        if self.breaks:
            raise ZeroDivisionError
        return self.verdict


async def shown(indicator: Indicator, seconds: float, step: Callable[[], None], every_s: float = 0.05) -> None:
    running = asyncio.ensure_future(indicator.run())
    for _ in range(round(seconds / every_s)):
        await asyncio.sleep(every_s)
        step()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("condition", list(GatewayCondition))
def test_the_lamp_flashes_as_often_as_its_condition_says(leds: Path, condition: GatewayCondition):
    judge, lamp = _Judge(), leds / "ACT"
    judge.verdict.condition = condition
    steps: list[bool] = []
    indicator_settings = IndicatorSettings(led="ACT")

    async def scenario() -> None:
        indicator = Indicator(indicator_settings, judge, leds=leds)
        indicator._condition = condition
        await shown(indicator, 1.95, lambda: steps.append(lamp.joinpath("brightness").read_text() == "255"))

    run(scenario())
    flashes = sum(on and not before for before, on in zip([False, *steps], steps, strict=False))
    assert flashes == len(PATTERNS[condition]) // 2
    assert sum(PATTERNS[condition]) == pytest.approx(2.0)
    assert (lamp / "trigger").read_text() == "none"
    assert (lamp / "brightness").read_text() == "0"  # dark when no agent runs


def test_the_file_has_the_word_and_the_reasons_and_is_gone_with_the_agent(tmp_path: Path):
    judge, file = _Judge(), tmp_path / "condition"
    seen: list[str] = []

    async def scenario() -> None:
        indicator = Indicator(IndicatorSettings(file=file), judge)
        await shown(indicator, 12.0, lambda: seen.append(file.read_text() if file.exists() else ""), every_s=1.0)

    run(scenario())
    assert seen[-1] == "refused\nrefused: 12 of air-mraket: unknown sensor\n"
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_where_it_changed_and_is_young_while_the_agent_lives(tmp_path: Path):
    judge, file = _Judge(), tmp_path / "condition"
    inodes: set[int] = set()
    times: set[int] = set()

    def look() -> None:
        inodes.add(file.stat().st_ino)
        times.add(file.stat().st_mtime_ns)

    async def scenario() -> None:
        await shown(Indicator(IndicatorSettings(file=file), judge), 4 * FRESH_EVERY_S, look, every_s=1.0)

    run(scenario())
    assert len(inodes) == 1
    assert len(times) >= 3


def test_what_breaks_stops_neither_the_lamp_nor_the_agent(leds: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    judge = _Judge()
    judge.breaks = True
    (leds / "ACT" / "brightness").unlink()
    (leds / "ACT" / "brightness").mkdir()
    settings = IndicatorSettings(led="ACT", file=tmp_path / "no" / "condition")

    async def scenario() -> bool:
        running = asyncio.ensure_future(Indicator(settings, judge, leds=leds).run())
        await asyncio.sleep(7.0)
        judge.breaks = False
        await asyncio.sleep(100.0)
        was_running = not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return was_running

    with caplog.at_level(logging.WARNING):
        assert run(scenario())
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("cannot be switched: Is a directory" in each for each in said)
    assert any("cannot be written: No such file or directory" in each for each in said)
    assert len(said) < 12


GATEWAY = '[gateway]\nid = "gw-1"\n[uplink]\n[indicator]\n'


@pytest.mark.parametrize("led", ["../x", "", ".hidden", "a/b"])
def test_a_name_that_leaves_the_folder_of_lamps_is_a_mistake(tmp_path: Path, led: str):
    (tmp_path / "edge.toml").write_text(f'{GATEWAY}led = "{led}"\n')
    with pytest.raises(SettingsError, match=r"indicator.led: .*is no lamp"):
        check_file(tmp_path / "edge.toml")


def test_a_lamp_that_is_not_there_and_a_table_without_either_are_warnings(tmp_path: Path):
    (tmp_path / "edge.toml").write_text(GATEWAY + 'led = "NOLAMP"\nfile = "condition"\n')
    checked = check_file(tmp_path / "edge.toml")
    assert any("indicator.led: 'NOLAMP' is no lamp of this machine" in each for each in checked.warnings)
    assert checked.settings.indicator is not None
    assert checked.settings.indicator.file == tmp_path / "condition"
    (tmp_path / "edge.toml").write_text(GATEWAY)
    assert any("has neither led nor file" in each for each in check_file(tmp_path / "edge.toml").warnings)
