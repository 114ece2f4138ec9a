"""How long somebody must wait after failed logins."""

from cloud.access import login_throttle as module
from cloud.access.login_throttle import FORGOTTEN_S, FREE, LONGEST_BY_ADDRESS_S, LONGEST_BY_NAME_S, LoginThrottle


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def fail(
    throttle: LoginThrottle, clock: Clock, times: int, *, name: str = "ani", address: str = "10.0.0.7"
) -> list[int]:
    """Fail so often, each time as soon as one may: the waits in between."""
    waits = []
    for _try in range(times):
        wait_s = throttle.begin_attempt(name, address)
        waits.append(wait_s)
        if wait_s:
            clock.now_s += wait_s
            assert throttle.begin_attempt(name, address) == 0
    return waits


def test_mistyping_costs_nothing_and_then_each_failure_doubles_the_wait():
    clock = Clock()
    waits = fail(LoginThrottle(clock_s=clock), clock, 9)
    assert waits == [0] * (FREE + 1) + [1, 2, 4, 8, 16]


def test_waits_end_at_a_limit():
    clock = Clock()
    assert max(fail(LoginThrottle(clock_s=clock), clock, 25)) == LONGEST_BY_ADDRESS_S
    by_name = LoginThrottle(clock_s=clock)
    waits = [fail(by_name, clock, 1, address=f"10.0.{number}.1")[0] for number in range(25)]
    assert max(waits) == LONGEST_BY_NAME_S


def test_one_address_that_tries_many_names_waits():
    clock = Clock()
    throttle = LoginThrottle(clock_s=clock)
    assert [throttle.begin_attempt(f"name-{number}", "10.0.0.7") for number in range(6)] == [0, 0, 0, 0, 1, 1]
    assert throttle.begin_attempt("ani", "10.0.0.8") == 0


def test_a_whole_ipv6_network_is_one_address():
    clock = Clock()
    throttle = LoginThrottle(clock_s=clock)
    waits = [throttle.begin_attempt(f"name-{number}", f"2001:db8:1:2::{number:x}") for number in range(6)]
    assert waits[-1] == 1
    assert throttle.begin_attempt("ani", "2001:db8:1:3::1") == 0


def test_a_right_login_begins_anew_but_gives_its_address_no_free_guesses_at_others():
    clock = Clock()
    throttle = LoginThrottle(clock_s=clock)
    for _round in range(4):
        assert throttle.begin_attempt("mallory", "10.0.0.7") == 0
        throttle.record_success("mallory", "10.0.0.7")
        assert throttle.begin_attempt("ani", "10.0.0.7") == 0
    assert throttle.begin_attempt("mallory", "10.0.0.7") == 1


def test_who_only_knows_a_name_does_not_keep_its_owner_out():
    clock = Clock()
    throttle = LoginThrottle(clock_s=clock)
    assert throttle.begin_attempt("ani", "10.0.0.7") == 0
    throttle.record_success("ani", "10.0.0.7")
    for number in range(9):
        throttle.begin_attempt("ani", f"10.1.{number}.1")
    assert throttle.begin_attempt("ani", "10.9.9.9") > 0
    assert throttle.begin_attempt("ani", "10.0.0.7") == 0


def test_a_refused_try_does_not_make_the_wait_longer():
    clock = Clock()
    throttle = LoginThrottle(clock_s=clock)
    fail(throttle, clock, FREE + 2)
    waits = {throttle.begin_attempt("ani", "10.0.0.7") for _impatience in range(100)}
    assert waits == {2}


def test_failures_are_forgotten_after_an_hour():
    clock = Clock()
    throttle = LoginThrottle(clock_s=clock)
    fail(throttle, clock, 15)
    clock.now_s += FORGOTTEN_S
    assert fail(throttle, clock, FREE + 1) == [0] * (FREE + 1)


def test_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 100)
    throttle = LoginThrottle(clock_s=Clock())
    for number in range(1_000):
        throttle.begin_attempt(f"name-{number}", f"10.0.{number // 250}.{number % 250}")
        throttle.record_success(f"name-{number}", f"10.1.{number // 250}.{number % 250}")
    assert max(len(throttle._names), len(throttle._addresses), len(throttle._trusted)) <= 100
