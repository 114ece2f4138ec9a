"""The process of all simulated devices: python -m demo.devices --folder DATA/devices --port BROKER_PORT

A heap of due times, one thread: the next device writes, and is due again a period later.
"""

import argparse
import heapq
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from demo.devices.instruments import Answering, Board, Bucket, Gate, Instrument, ParticulateSensor, WaterGauge
from demo.devices.line import PtyLine
from demo.devices.network import Network, Station, climate, plain, street_air
from demo.island import river, tide
from demo.island.city import SEA_GAUGE_ZERO_CM, SEED
from demo.island.particulates import MARKET, VILLAGE, Particulates, Street, particulates_of
from demo.island.visitors import ARMY_DOCK, BERE_BERE, DODOLA, Crowd
from demo.island.weather import air_of, local_hour, rain_mm_h
from demo.stories.playing import CrowdOfStory, PlayedStory

FIRST_MESSAGES_S = range(1, 31)
"""Stations begin with a message each second: one that no gateway has subscribed to yet is gone."""


class Due(NamedTuple):
    """A device's next turn, by the clock that nobody sets; it acts by the one that people read (UTC)."""

    due_s: float
    number: int
    period_s: float | None  # None: once
    act: Callable[[float], None]


def main() -> None:
    """Let the devices work until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m demo.devices", description="The demo's simulated devices.")
    parser.add_argument("--folder", type=Path, required=True, help="where the serial lines' links are made")
    parser.add_argument("--port", type=int, required=True, help="the broker's port on the loopback")
    chosen = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    chosen.folder.mkdir(parents=True, exist_ok=True)
    _work(list(_devices(chosen.folder, Network(chosen.port), time.time())), stop)


def _work(turns: list[Due], stop: threading.Event) -> None:
    heapq.heapify(turns)
    while not stop.wait(max(0.0, turns[0].due_s - time.monotonic())):
        turn = heapq.heappop(turns)
        turn.act(time.time())
        if turn.period_s is not None:
            # a machine that was too busy goes on with the present, not with all that it missed
            heapq.heappush(turns, turn._replace(due_s=max(turn.due_s + turn.period_s, time.monotonic())))


def _devices(folder: Path, network: Network, now_s: float) -> Iterator[Due]:
    dice = Random(now_s)  # noqa: S311 - a simulation; other faults and boot numbers at each start
    first_s = time.monotonic()
    for number, (name, instrument) in enumerate(_instruments(now_s, dice, PlayedStory(folder)).items()):
        line = PtyLine(folder / name, dice)
        yield Due(first_s, number, instrument.period_s, _writer(line, instrument))
    for number, station in enumerate(_stations(dice), 100):
        publish = _publisher(network, station)
        yield from (Due(first_s + after_s, number, None, publish) for after_s in FIRST_MESSAGES_S)
        yield Due(first_s + FIRST_MESSAGES_S.stop, number, station.period_s, publish)


def _writer(line: PtyLine, instrument: Instrument) -> Callable[[float], None]:
    if not isinstance(instrument, Answering):
        return lambda time_s: line.write(instrument.message(time_s))

    def work(time_s: float) -> None:
        heard = line.read()
        line.write(instrument.answer(heard, time_s) if heard else b"")
        line.write(instrument.message(time_s))

    return work


def _publisher(network: Network, station: Station) -> Callable[[float], None]:
    return lambda time_s: network.publish(station.topic, station.message(time_s))


def _instruments(now_s: float, dice: Random, story: PlayedStory) -> dict[str, Instrument]:
    daruba, wayabula = (_rain(place) for place in ("daruba", "wayabula"))
    river_daruba = story.raised("river-daruba", _level(river.DARUBA, daruba, now_s))
    beach = CrowdOfStory(Crowd(BERE_BERE, now_s, dice), story.more_people("people-bere-bere"))
    return {
        "river-daruba": WaterGauge(420, river_daruba, dice),
        "board-daruba": Board([Bucket(0, story.raised("rain-daruba", daruba))], dice),
        "air-market": ParticulateSensor(story.smoky("air-market", _dust(MARKET, daruba, dice))),
        "tide-army-dock": WaterGauge(380, lambda time_s: SEA_GAUGE_ZERO_CM + tide.height_cm(time_s), dice),
        "board-beach": Board([Gate(0, Crowd(ARMY_DOCK, now_s, dice)), Gate(1, Crowd(DODOLA, now_s, dice))], dice),
        "river-wayabula": WaterGauge(450, _level(river.WAYABULA, wayabula, now_s), dice),
        "board-wayabula": Board([Bucket(0, wayabula), Gate(1, beach)], dice),
    }


def _stations(dice: Random) -> list[Station]:
    wayabula, bere_bere = (_rain(place) for place in ("wayabula", "bere-bere"))
    north = _dust(VILLAGE, bere_bere, dice)
    return [
        Station("tele/climate-market/SENSOR", climate(lambda time_s: air_of(SEED, "daruba", time_s))),
        Station("tele/air-bere-bere/SENSOR", street_air(north, lambda time_s: air_of(SEED, "bere-bere", time_s))),
        Station("sensors/air-wayabula/reading", plain(_dust(VILLAGE, wayabula, dice))),
    ]


def _rain(place: str) -> Callable[[float], float]:
    return lambda time_s: rain_mm_h(SEED, place, time_s)


def _dust(street: Street, rain: Callable[[float], float], dice: Random) -> Callable[[float], Particulates]:
    return lambda time_s: particulates_of(street, local_hour(time_s), rain(time_s), dice.uniform(-1, 1))


def _level(catchment: river.Catchment, rain: Callable[[float], float], now_s: float) -> Callable[[float], float]:
    water = river.run_up(catchment, rain, now_s)
    until_s = now_s

    def level_cm(time_s: float) -> float:
        nonlocal water, until_s
        if abs(time_s - until_s) > river.STEP_S:  # the machine slept, or its clock was set
            water = river.run_up(catchment, rain, time_s)
        else:
            water.step(rain(time_s), max(0.0, time_s - until_s))
        until_s = time_s
        return water.level_cm(tide.height_cm(time_s))

    return level_cm


if __name__ == "__main__":
    main()
