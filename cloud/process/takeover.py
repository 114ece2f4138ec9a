"""What a reload changes in the parts that run: their settings, the city, the rules that it begins with."""

import logging

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
    """Makes the parts of `services` work by other settings; it begins with those that they were built by."""

    def __init__(self, services: Services, settings: CloudSettings) -> None:
        self._services = services
        self._login_files = login_files(settings.broker)
        self._reply_topics = settings.notify.reply_topics()

    async def apply(self, settings: CloudSettings, city: Registry | None) -> None:
        """Work by what the files say now, as far as it can change; SettingsError for what of it cannot."""
        self._apply_settings(settings)
        if city is not None:
            await self._apply_city(city)
        await provide_seeds(self._services, settings.rules)
        if settings.notify.reply_topics() != self._reply_topics:
            raise SettingsError(["notify: where devices answer has changed; hearing them takes a restart"])

    def _apply_settings(self, settings: CloudSettings) -> None:
        alarms, components = self._services.alarms, self._services.components
        alarms.evaluator.listening_time.grace_ms = int(settings.rules.silence_grace_s * 1_000)
        self._services.ingest.decoder.set_ahead_s(settings.ingest.ahead_s)
        alarms.notifier.apply(settings.notify)
        for name in [name for name in components if name.startswith("channel_")]:
            del components[name]
        components |= alarms.notifier.channel_checks(settings.notify)
        if (files := login_files(settings.broker)) != self._login_files:
            self._login_files = files
            self._services.foundation.session.renew()

    async def _apply_city(self, city: Registry) -> None:
        base = self._services.foundation
        await base.database.run(lambda connection: save_registry(connection, city))
        await base.facts.load()
        self._services.platform.city = base.registry.city


async def provide_seeds(services: Services, settings: RulesSettings) -> None:
    """Take over the rules that the city begins with; SettingsError where it is new and they are wrong."""
    base = services.foundation
    given = seeds(settings.initial, base.registry, await base.rule_store.held())
    for note in given.notes:
        _log.warning("%s", note)
    await base.rule_store.provide(given.versions)
