"""A network that is really cut: IP packets between gateway and broker are lost, late, out of order, or all gone.

Each proof says what it saw; docs/proofs.md has what that was.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.bad_link import Link, two_networks
from tests.end_to_end.cut_site import PORT, Site, at_the_broker, broker_on, described, edge_on, site
from tests.end_to_end.edge_gateway import Cloud, Wire, wait_for_values
from tests.servers import wait_until


@contextmanager
def one_link(folder: Path, uplink: str = "") -> Iterator[tuple[Link, Site]]:
    """A site behind one link that is good yet."""
    with two_networks("wlan0") as (gateway, server, [link]), site(folder, gateway, server, link, uplink) as running:
        yield link, running


def back_after_s(running: Site, since_s: float) -> float:
    """How long after `since_s` (UTC) it took until a live reading came."""
    wait_until(lambda: running.listener.live(since_s), "a live reading comes", patience_s=150)
    return time.time() - since_s


def for_a_while(running: Site, seconds: float) -> list[float]:
    """Let it run; the delays of the live readings that came meanwhile."""
    since_s = time.time()
    time.sleep(seconds)  # this is the trial, not a wait for something
    return running.listener.live(since_s)


@pytest.mark.proof
def test_a_link_that_is_cut_and_loses_packets_loses_no_reading(tmp_path: Path):
    with two_networks("wlan0") as (gateway, server, [link]):
        wire = Wire(tmp_path / "ttyRIVER")
        broker = server.of(broker_on(tmp_path, link.server_address))
        edge = gateway.of(edge_on(tmp_path, wire.port, link.server_address, "ack_timeout_s = 1.0"))
        with broker, closing(at_the_broker(server, lambda: Cloud(PORT))) as cloud, edge:
            wait_until(lambda: cloud.is_open("river"), "the sensor's line is open")
            link.be(loss=0.05, delay_s=0.02)
            wire.send(b"\n")
            for number in range(60):
                link.be(cut=20 <= number < 40)
                wire.send(b"%d\n" % number)
                time.sleep(0.05)  # a sensor's pace: three seconds, of which one is cut out
            wait_for_values(cloud, "water_level", set(map(float, range(60))))
            assert link.up.dropped + link.down.dropped > 0


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_2_percent_of_loss_and_800_ms(tmp_path: Path):
    with one_link(tmp_path) as (link, running):
        link.be(loss=0.02, delay_s=0.4, jitter_s=0.05)
        delays = for_a_while(running, 120)
        print(f"\n2 % lost each way, 0.8 s there and back, out of order: live {described(delays)}")
        running.say(100.0)
        print(f"100 a second: live {described(for_a_while(running, 60))}")
        print(f"all stored {running.all_is_stored():.1f} s after the last; {running.said} once each")
        assert sorted(delays)[len(delays) // 2] < 1.0


@pytest.mark.proof
@pytest.mark.timeout(1_500)
@pytest.mark.parametrize("seconds", [45, 600])
def test_a_black_hole(tmp_path: Path, seconds: int):
    with one_link(tmp_path) as (link, running):
        running.say(100.0)
        time.sleep(5)
        link.be(cut=True)
        time.sleep(seconds)
        link.be(cut=False)
        back_s = back_after_s(running, time.time())
        print(f"\na live reading {back_s:.1f} s after a black hole of {seconds} s")
        delays = for_a_while(running, 10)
        print(f"beside the backlog: live {described(delays)}")
        print(f"all stored {running.all_is_stored():.1f} s after the last; {running.said} once each")
        assert back_s < 60


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["up", "down"])
def test_one_direction_only(tmp_path: Path, way: str):
    with one_link(tmp_path) as (link, running):
        link.be(cut=True, up=way == "down", down=way == "up")
        time.sleep(120)
        link.be(cut=False)
        back_s = back_after_s(running, time.time())
        print(f"\nonly {way} for two minutes: a live reading {back_s:.1f} s after its end")
        print(f"all stored {running.all_is_stored():.1f} s after the last; {running.said} once each")
        assert back_s < 60


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_2_kb_a_second(tmp_path: Path):
    with one_link(tmp_path) as (link, running):
        link.be(cut=True)
        running.say(100.0)
        time.sleep(120)
        running.say(2.0)
        link.be(cut=False, bytes_s=2_000, delay_s=0.05)
        back_s = back_after_s(running, time.time())
        sent_before, began_s = link.up.bytes, time.time()
        time.sleep(10)
        delays = for_a_while(running, 20)
        rate = (link.up.bytes - sent_before) / (time.time() - began_s)
        print(f"\nat 2 kB/s: a live reading after {back_s:.1f} s; {rate:.0f} bytes a second went up")
        print(f"behind it a backlog of two minutes at 100 a second: live {described(delays)}")
        print(f"all stored {running.all_is_stored(patience_s=300):.1f} s after the last; {running.said} once each")
        assert sorted(delays)[len(delays) // 2] < 2.0


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_no_more_leaves_than_max_kbit_s(tmp_path: Path):
    with one_link(tmp_path, "max_kbit_s = 16") as (link, running):
        link.be(cut=True)
        running.say(400.0)
        time.sleep(90)
        running.say(2.0)
        link.be(cut=False)
        back_after_s(running, time.time())
        sent_before, began_s = link.up.bytes, time.time()
        delays = for_a_while(running, 15)
        kbit_s = (link.up.bytes - sent_before) * 8 / 1_000 / (time.time() - began_s)
        print(f"\nmax_kbit_s = 16: {kbit_s:.1f} kbit/s of IP packets; live {described(delays)}")
        running.all_is_stored(patience_s=300)
        assert kbit_s <= 16.5


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_a_second_uplink_takes_over_and_gives_back(tmp_path: Path):
    uplink = 'via = ["wlan0", "wwan0"]\ntakeover_s = 10\nreturn_s = 60\nvia_max_kbit_s = { wwan0 = 64 }'
    with two_networks("wlan0", "wwan0") as (gateway, server, [wlan, wwan]):
        gateway.ip("route", "add", "10.99.0.1", "via", wlan.server_address, "metric", "1")
        gateway.ip("route", "add", "10.99.0.1", "via", wwan.server_address, "metric", "2")
        server.ip("addr", "add", "10.99.0.1/32", "dev", "lo")
        with site(tmp_path, gateway, server, wlan, uplink, host="10.99.0.1") as running:
            wlan.be(cut=True)
            cut_s = time.time()
            back_s = back_after_s(running, cut_s)
            print(f"\nwlan0 is a black hole: a live reading over wwan0 {back_s:.1f} s later")
            wait_until(
                lambda: any("goes over wwan0" in note for note in running.listener.notes()), "the status says so"
            )
            print(f"the status says: {running.listener.notes()}")
            wlan.be(cut=False)
            mended_s = time.time()
            wait_until(lambda: not running.listener.notes(), "the uplink goes back", patience_s=300)
            print(f"over wlan0 again {time.time() - mended_s:.0f} s after it was mended")
            before = wwan.up.bytes
            time.sleep(5)
            assert wwan.up.bytes - before < 500
            running.all_is_stored()
