"""A storm of alarms while the cloud is killed at random moments: each alarm reaches both receivers, none twice.

A webhook and a mail are at-least-once: what a killed cloud had just sent may come again, under the same key. What is
counted here is what a receiver that knows its keys holds.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import msgspec
import pytest

from cloud.notify.texts import NOTIFIED_BEFORE
from tests.end_to_end.storm import SENSORS_EACH, Gateways, sensors, settle
from tests.receivers import Delivery, HttpReceiver, SmtpReceiver
from tests.servers import Program, all_of, free_port, mosquitto, siaga_cloud, wait_until

TOLD_BEFORE = str(NOTIFIED_BEFORE)


def test_each_alarm_of_a_storm_is_told_once_though_the_cloud_is_killed(tmp_path: Path):
    storm(tmp_path, gateways=4, kills=3, seed=1)


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_each_of_a_thousand_alarms_is_told_once_though_the_cloud_is_killed_again_and_again(tmp_path: Path, seed: int):
    storm(tmp_path, gateways=20, kills=15, seed=seed)


def storm(folder: Path, *, gateways: int, kills: int, seed: int) -> None:
    """All sensors cross their level within some seconds; the cloud dies `kills` times meanwhile."""
    dice = random.Random(seed)
    port = free_port()
    with HttpReceiver() as hook, SmtpReceiver() as mail:
        settings = settle(folder, gateways=gateways, broker=port, hook=hook.url, mail=mail.port)
        cloud = siaga_cloud(folder, settings)
        with all_of(mosquitto(folder, port), cloud), Gateways(port) as sending:
            wait_until(lambda: "connected to broker" in cloud.tail(), "the cloud subscribes")
            left = list(range(gateways))
            for kill in range(kills):
                for gateway in left[: -(-len(left) // (kills - kill))]:
                    sending.cross(gateway)
                    left.remove(gateway)
                    time.sleep(dice.uniform(0, 0.1))  # the storm itself, not a wait for something
                time.sleep(dice.uniform(0, 1.2))
                cloud.kill()
                cloud.start()
            all_are_told(cloud, sending, hook, mail, expected=sensors(gateways))
        each_is_told_once(told_by_hook(hook), expected=sensors(gateways))
        each_is_told_once(told_by_mail(mail), expected=sensors(gateways))
        assert len(sensors(gateways)) == gateways * SENSORS_EACH


def all_are_told(
    cloud: Program, sending: Gateways, hook: HttpReceiver, mail: SmtpReceiver, *, expected: set[str]
) -> None:
    """Wait until every batch is acknowledged and both receivers know of every alarm."""
    wait_until(lambda: not sending.waiting, "every batch is acknowledged", patience_s=60)

    def arrived(told: Callable[[], Counter[str]]) -> Callable[[], bool]:
        return lambda: told().keys() >= expected

    wait_until(arrived(lambda: told_by_hook(hook)), "the webhook knows of every alarm", patience_s=60)
    wait_until(arrived(lambda: told_by_mail(mail)), "the mailbox knows of every alarm", patience_s=60)
    cloud.must_live()


def each_is_told_once(told: Counter[str], *, expected: set[str]) -> None:
    assert told.keys() == expected
    assert {sensor: count for sensor, count in told.items() if count != 1} == {}


def told_by_hook(hook: HttpReceiver) -> Counter[str]:
    """How often each sensor's alarm was told, as a receiver counts that knows its keys; repetitions say so."""
    bodies = [msgspec.json.decode(delivery.body) for delivery in known_once(hook.accepted)]
    lines = [line for body in bodies for line in body["alarms"] if not line["repeated"]]
    return Counter(line["sensor"] for line in lines if line["kind"] == "raised")


def told_by_mail(mail: SmtpReceiver) -> Counter[str]:
    """The same for mails: a line that says "told before" is no telling."""
    told: Counter[str] = Counter()
    for delivery in known_once(mail.accepted):
        for line in text_in(delivery).splitlines():
            if TOLD_BEFORE not in line:
                told.update(re.findall(r"air-\d\d-\d\d\d", line))
    return told


def text_in(delivery: Delivery) -> str:
    """The plain text of a mail in English, which names each alarm's sensor on one line."""
    part = message_from_bytes(delivery.body, policy=policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def known_once(deliveries: list[Delivery]) -> list[Delivery]:
    """One delivery for each key: the receiver lets go of what it has already."""
    return list({delivery.key: delivery for delivery in reversed(deliveries)}.values())
