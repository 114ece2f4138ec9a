"""A command center at work: a gauge on a gateway, ingest and screens apart, mail, and the people of two shifts.

pty: a river ─► siaga-edge ─► Mosquitto ─► siaga-cloud ingest ─► a mail server        siaga-cloud web ─► pages
"""

from pathlib import Path

from firmware_bridge.families import maxbotix
from tests.end_to_end.edge_gateway import Wire
from tests.end_to_end.one_gateway import CITY_OF_ONE_GATEWAY
from tests.end_to_end.test_screens_apart import Apart
from tests.people import user_in
from tests.receivers import SmtpReceiver
from tests.registries import registry_in
from tests.servers import siaga_edge, wait_until

PASSWORD = "rain on the tin roof"
OUT_OF_RANGE_MM = 5_000
HEIGHT_CM = 450
CITY = f"""{CITY_OF_ONE_GATEWAY}[[sensors]]
id = "river"
name = "River gauge"
site = "daruba"
gateway = "gw-daruba"
quantities = ["water_level", "distance"]
interval_s = 1
mounting_height_cm = {HEIGHT_CM}
"""
RULES = """
[[rules]]
family = "river-level"
quantity = "water_level"
kind = "above"
title = "River is high"
advice = "1. Call the village heads. 2. Close the bridge."
hysteresis = 5
clear_s = 1
levels = [
  { name = "Siaga 3", severity = "moderate", limit = 142 },
  { name = "Siaga 2", severity = "severe", limit = 152 },
]
"""
EDGE = """
[gateway]
id = "gw-daruba"
[uplink]
port = {port}
[clock]
trust_system = true
[health]
every_s = 0
[[sources]]
name = "river"
family = "maxbotix"
port = "{line}"
sensor = "river"
mounting_height_cm = {height}
median_of = 1
"""
NOTIFY = """
[notify]
language = "en"
console = "http://127.0.0.1:{web}"
[[notify.people]]
name = "ani"
email = "ani@siaga.test"
[[notify.people]]
name = "budi"
email = "budi@siaga.test"
[[notify.channels]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "siaga@siaga.test"
[[notify.steps]]
channels = ["mail"]
to = ["duty:1", "budi"]
"""


class Center(Apart):
    """The processes of a town with a gateway, and the people of its command center."""

    def __init__(self, folder: Path, mail: SmtpReceiver) -> None:
        super().__init__(folder, registry_in(folder))
        (folder / "city.toml").write_text(CITY)
        (folder / "rules.toml").write_text(RULES)
        with self.settings.open("a") as settings:
            settings.write(NOTIFY.format(web=self.port, mail=mail.port))
        for name in ("ani", "budi", "citra"):
            user_in(folder, name, "operator", PASSWORD)
        user_in(folder, "dinding", "viewer", PASSWORD)
        self.river = Wire(folder / "tty-river")
        edge = folder / "edge.toml"
        edge.write_text(EDGE.format(port=self.broker_port, line=self.river.port, height=HEIGHT_CM))
        self.edge = siaga_edge(folder, edge)

    def misses_an_echo(self) -> None:
        """Let the gauge say that it has heard none."""
        self.river.send(maxbotix.build(distance_mm=OUT_OF_RANGE_MM))

    def stands_at(self, level_cm: float) -> None:
        """Let the river stand there, and wait until the screens have it from the gateway."""
        self.river.send(maxbotix.build(distance_mm=10 * (HEIGHT_CM - level_cm)))
        wait_until(lambda: self.level() == level_cm, f"the screens show {level_cm} cm")
