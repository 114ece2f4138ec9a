"""Which interface carries the uplink: who takes over, when, and when the better one is believed again."""

from edge.link.ways import PROBE_EVERY_S, Ways


class Trial:
    """Two or three interfaces, of which some carry; each second is looked at."""

    def __init__(self, *names: str, carries: set[str]) -> None:
        self.ways = Ways(names, takeover_s=30.0, return_s=300.0, now_s=0.0)
        self.carries = carries
        self.now_s = 0.0
        self.acked_s = float("-inf")
        self.said: list[tuple[float, str]] = []
        self.probes = 0

    def go_on(self, seconds: float, *, connects: bool = True) -> None:
        """`connects`: one that carries nothing lets the broker be reached all the same."""
        for _ in range(round(seconds)):
            self.now_s += 1.0
            good = self.ways.name in self.carries
            self.acked_s = self.now_s if good else self.acked_s
            said = self.ways.heard(
                connected=good or connects, acked_s=self.acked_s,
                unheard_since_s=None if good else self.acked_s, now_s=self.now_s,
            )  # fmt: skip
            for name in self.ways.to_probe(now_s=self.now_s):
                self.probes += 1
                said = said or self.ways.probed(name, answered=name in self.carries, now_s=self.now_s)
            if said:
                self.said.append((self.now_s, said))


def test_the_next_one_takes_over_when_no_ack_came_in_time_and_it_is_said():
    trial = Trial("wlan0", "wwan0", carries={"wlan0", "wwan0"})
    trial.go_on(100)
    assert (trial.ways.name, trial.ways.note) == ("wlan0", "")
    trial.carries = {"wwan0"}
    trial.go_on(40)
    assert trial.said == [(130.0, "wlan0 has brought no ack for 30 s; the uplink goes over wwan0")]
    assert trial.ways.note == "the uplink goes over wwan0: wlan0 has brought no ack for 30 s"


def test_no_broker_is_as_bad_as_no_ack():
    trial = Trial("wlan0", "wwan0", carries={"wwan0"})
    trial.go_on(40, connects=False)
    assert trial.said == [(30.0, "wlan0 has reached no broker for 30 s; the uplink goes over wwan0")]


def test_the_better_one_is_used_again_when_it_has_answered_for_long_enough():
    trial = Trial("wlan0", "wwan0", carries={"wwan0"})
    trial.go_on(1_000)
    assert trial.ways.name == "wwan0"
    trial.carries = {"wlan0", "wwan0"}
    trial.go_on(280)
    assert trial.ways.name == "wwan0"
    trial.go_on(300)
    assert trial.ways.name == "wlan0"
    assert trial.said[-1][1] == "wlan0 has answered for 300 s; the uplink goes over it again"
    assert trial.probes <= 1_600 / PROBE_EVERY_S


def test_one_failed_answer_begins_the_wait_again():
    trial = Trial("wlan0", "wwan0", carries={"wwan0"})
    trial.go_on(60)
    trial.carries = {"wlan0", "wwan0"}
    trial.go_on(200)
    trial.carries = {"wwan0"}
    trial.go_on(60)
    trial.carries = {"wlan0", "wwan0"}
    trial.go_on(240)
    assert trial.ways.name == "wwan0"


def test_one_that_answers_and_brings_no_ack_is_asked_for_longer_each_time():
    trial = Trial("vsat0", "wwan0", carries={"wwan0"})
    trial.go_on(40)
    returns = []
    for _ in range(3):
        before_s = trial.now_s
        while trial.ways.name != "vsat0":
            trial.carries = {"vsat0", "wwan0"}
            trial.go_on(1)
        returns.append(trial.now_s - before_s)
        trial.carries = {"wwan0"}
        trial.go_on(31)
    assert returns[0] >= 300
    assert returns[1] >= 600
    assert returns[2] >= 1_200


def test_while_the_cloud_is_away_they_are_changed_ever_less():
    trial = Trial("wlan0", "wwan0", carries=set())
    trial.go_on(6 * 3_600)
    assert 6 <= len(trial.said) <= 20
    trial.carries = {"wlan0", "wwan0"}
    trial.go_on(700)
    trial.carries = {"wwan0"} if trial.ways.name == "wlan0" else {"wlan0"}
    trial.go_on(40)
    assert trial.ways.name in trial.carries


def test_of_three_the_best_that_carries_is_used():
    trial = Trial("eth0", "wlan0", "wwan0", carries={"wwan0"})
    trial.go_on(120)
    assert trial.ways.name == "wwan0"
    trial.carries = {"wlan0", "wwan0"}
    trial.go_on(1_000)
    assert trial.ways.name == "wlan0"


def test_one_alone_is_never_left():
    trial = Trial("wwan0", carries=set())
    trial.go_on(3_600)
    assert trial.said == []
