"""One picture of the platform at a moment, from which all that pages show is worked out.

Snapshot(now_ms=…, health=…, readings={"air-market": (…)}, statuses={…}, accounts={…}, dead_letters=(…), per_minute={…})
"""

from collections.abc import Mapping

import msgspec

from cloud.alarms.records import Alarm, Maintenance
from cloud.core.health import Health
from cloud.gateways.accounting import Account
from cloud.ingest.dead_letter_records import DeadLetter, Discarded
from cloud.ingest.fleet_clock import WrongClock
from cloud.readings.contract import StoredReading
from cloud.registry.records import Gateway, Sensor, Site
from cloud.rulebook.visibility import foreign_sensors, naming_none_of, whole_gateways
from wire import BUILT_IN, QuantityTable, Status


class Snapshot(msgspec.Struct, frozen=True):
    """The platform at `now_ms` (UTC); readings by sensor, `per_minute` by domain once it can be known.

    `shared_ids` are the gateways under whose id two agents take turns, `clocks` those whose time is wrong or not known.
    Of the `limited` series of the city's own `quantities` somebody has set a limit.
    """

    now_ms: int
    health: Health
    sites: tuple[Site, ...]
    sensors: tuple[Sensor, ...]
    gateways: tuple[Gateway, ...]
    readings: Mapping[str, tuple[StoredReading, ...]]
    statuses: Mapping[str, Status | None]
    accounts: Mapping[str, Account]
    dead_letters: tuple[DeadLetter, ...]
    open_dead_letters: int
    per_minute: Mapping[str, float]
    alarms: tuple[Alarm, ...] = ()
    windows: tuple[Maintenance, ...] = ()
    refused: frozenset[tuple[str, str]] = frozenset()
    discarded: tuple[Discarded, ...] = ()
    shared_ids: frozenset[str] = frozenset()
    clocks: Mapping[str, WrongClock] = {}
    quantities: QuantityTable = BUILT_IN
    limited: frozenset[tuple[str, str]] = frozenset()

    def of_sites(self, seen: frozenset[str] | None) -> "Snapshot":
        """The part of it that belongs to the sites that somebody may see; None: all of it."""
        if seen is None:
            return self
        sensors = tuple(sensor for sensor in self.sensors if sensor.site in seen)
        gateways = tuple(gateway for gateway in self.gateways if gateway.site in seen)
        ours = {gateway.id for gateway in gateways}
        whole = whole_gateways(seen, self.gateways, self.sensors)
        foreign = foreign_sensors(seen, self.sensors)
        dead_letters = tuple(dead_letter for dead_letter in self.dead_letters if dead_letter.gateway in whole)
        readings = {
            sensor: kept
            for sensor, of_sensor in self.readings.items()
            if (kept := tuple(reading for reading in of_sensor if reading.site in seen))
        }
        return msgspec.structs.replace(
            self,
            health=self.health.in_words,
            sites=tuple(site for site in self.sites if site.id in seen),
            sensors=sensors,
            gateways=gateways,
            readings=readings,
            statuses={
                gateway: status and naming_none_of(status, foreign.get(gateway))
                for gateway, status in self.statuses.items()
                if gateway in ours
            },
            accounts={gateway: account for gateway, account in self.accounts.items() if gateway in ours},
            dead_letters=dead_letters,
            open_dead_letters=len(dead_letters),
            discarded=tuple(one for one in self.discarded if one.gateway in whole),
            per_minute={},
            alarms=tuple(alarm for alarm in self.alarms if alarm.site in seen),
            windows=tuple(one for one in self.windows if one.site in seen or one.sensor in {own.id for own in sensors}),
        )
