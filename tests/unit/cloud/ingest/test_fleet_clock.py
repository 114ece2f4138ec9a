"""Whose clock is wrong: ours, or a gateway's."""

from cloud.core.health import Condition
from cloud.ingest.fleet_clock import FleetClock

NINE_HOURS = 9 * 3_600_000
WALL = 1_764_000_000_000


class Server:
    """A server whose clock the test sets, and its fleet."""

    def __init__(self) -> None:
        self.boot_ms, self.wrong_ms = 1_000_000, 0
        self.fleet = FleetClock(wall_ms=lambda: WALL + self.boot_ms + self.wrong_ms, boot_ms=lambda: self.boot_ms)

    def hears(self, **ahead_ms: int) -> None:
        for _ in range(4):
            for name, ahead in ahead_ms.items():
                self.fleet.record_stamps(name, [WALL + self.boot_ms + ahead], self.boot_ms)
            self.boot_ms += 2_000


def test_gateways_that_agree_are_fine():
    server = Server()
    server.hears(a=200, b=-300, c=0)
    assert server.fleet.error_ms() == 0
    assert server.fleet.component().status is Condition.OK


def test_a_server_that_all_gateways_are_ahead_of_says_that_its_own_clock_is_wrong():
    server = Server()
    server.wrong_ms = -870_000
    server.hears(a=200, b=-300, c=0)
    assert round(server.fleet.error_ms() / 1_000) == 870
    said = server.fleet.component()
    assert said.status is Condition.DEGRADED
    assert "this server's clock is wrong: its 3 gateways are 14 min ahead of it" in said.detail


def test_a_clock_that_is_set_is_known_to_be_wrong_before_anybody_sends_again():
    server = Server()
    server.hears(a=0, b=0)
    assert server.fleet.error_ms() == 0
    server.wrong_ms = NINE_HOURS
    assert server.fleet.error_ms() == -NINE_HOURS
    assert "9 h behind" in server.fleet.component().detail
    server.wrong_ms = 0
    assert server.fleet.error_ms() == 0


def test_one_gateway_of_three_is_wrong_itself():
    server = Server()
    server.hears(a=0, b=100, c=480_000)
    assert server.fleet.error_ms() == 0
    server.fleet.record_correction("c", moved_ms=-480_000, unconfirmed=False)
    said = server.fleet.component()
    assert said.status is Condition.DEGRADED
    assert "c (8 min ahead" in said.detail
    server.fleet.record_correction("c", moved_ms=0, unconfirmed=False)
    assert server.fleet.component().status is Condition.OK


def test_a_single_gateway_is_not_believed_against_us_but_somebody_is_told():
    server = Server()
    server.hears(a=480_000)
    assert server.fleet.error_ms() == 0
    assert "one of the two clocks is wrong" in server.fleet.component().detail


def test_a_gateway_that_does_not_know_the_time_is_named():
    server = Server()
    server.fleet.record_correction("gw-x", moved_ms=0, unconfirmed=True)
    assert "gw-x (does not know the time" in server.fleet.component().detail


def test_batches_that_a_queue_held_up_do_not_hide_that_the_clocks_agree():
    server = Server()
    server.hears(a=0, b=0)
    server.hears(a=-3_600_000, b=-3_600_000)
    assert server.fleet.error_ms() == 0


def test_readings_of_last_year_that_are_played_back_are_nobody_s_clock():
    server = Server()
    for number in range(100):
        server.fleet.record_stamps("a", [WALL - 365 * 86_400_000 + number], server.boot_ms)
        server.fleet.record_stamps("b", [WALL + 60_000 * number], server.boot_ms)
        server.boot_ms += 1_000 if number < 9 else 20_000
        assert server.fleet.component().status is Condition.OK
