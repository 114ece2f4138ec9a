"""Applies a reload to the running parts: settings, the city, its seed rules."""

import contextlib
import logging

from cloud.database.engine import DatabaseUnavailable
from cloud.notify.channel_registry.in_force import channels_must_exist
from cloud.process.parts import Services
from cloud.process.reload import login_files
from cloud.process.settings import CloudSettings
from cloud.registry.rows import save_registry
from cloud.registry.snapshot import Registry
from cloud.rulebook.seed_rules import seeds
from cloud.rulebook.settings import RulesSettings
from runtime.settings import SettingsError

_log = logging.getLogger(__name__)


class Takeover:
    """Applies new settings to `services`, which were built by `settings`."""

    def __init__(self, services: Services, settings: CloudSettings) -> None:
        self._services = services
        self._login_files = login_files(settings.broker)
        self._reply_topics = settings.notify.reply_topics()

    async def apply(self, settings: CloudSettings, city: Registry | None) -> None:
        """Apply `settings`, and `city` if it could be read; SettingsError for what takes a restart."""
        with contextlib.suppress(DatabaseUnavailable):  # it goes by those that it knows
            await self._services.alarms.notifier.follow_channels()
        mistakes = self._apply_settings(settings)
        if city is not None:
            await self._apply_city(city)
        await provide_seed_rules(self._services, settings.rules)
        if settings.notify.reply_topics() != self._reply_topics:
            mistakes.append("notify: where devices answer has changed; hearing them takes a restart")
        if mistakes:
            raise SettingsError(mistakes)

    def _apply_settings(self, settings: CloudSettings) -> list[str]:
        """Apply what can be; return why [notify] cannot, where its steps do not fit the channels of the registry."""
        alarms, mistakes = self._services.alarms, list[str]()
        alarms.evaluator.listening_time.grace_ms = int(settings.rules.silence_grace_s * 1_000)
        self._services.ingest.decoder.set_ahead_s(settings.ingest.ahead_s)
        try:
            channels_must_exist(settings.notify, alarms.notifier.channels.records)
            alarms.notifier.apply(settings.notify)
        except SettingsError as error:
            mistakes += error.problems
        if (files := login_files(settings.broker)) != self._login_files:
            self._login_files = files
            self._services.foundation.session.renew()
        return mistakes

    async def _apply_city(self, city: Registry) -> None:
        base = self._services.foundation
        await base.database.run(lambda connection: save_registry(connection, city))
        await base.facts.load()
        self._services.platform.city = base.registry.city


async def provide_seed_rules(services: Services, settings: RulesSettings) -> None:
    """Store the seed rules of a city that has no rules yet; SettingsError where they have mistakes."""
    base = services.foundation
    given = seeds(settings.initial, base.registry, await base.rule_store.held())
    for note in given.notes:
        _log.warning("%s", note)
    await base.rule_store.add_missing(given.versions)
