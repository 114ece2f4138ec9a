"""The page of one channel that people added: its form, its secrets as "kept", what becomes of it, what was changed."""

from cloud.console.frame.page import Fragment, PageContent
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.channels.actions import must_change
from cloud.console.view_models.channel_views import (
    CHANNEL_KEYS,
    KIND_WORDS,
    SECRETS,
    USE_WORDS,
    change_row,
    label_of,
)
from cloud.console.view_models.registry_forms import texts_of
from cloud.notify.channel_registry.records import revision_of, shown_keys
from cloud.platform import Platform

CHANGES_SHOWN = 20


class OneChannelPage:
    """Shows one channel of the registry, for who may change it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def show(self, visit: PageVisit) -> PageContent:
        """Show its form and its changes; NotThere for one of nowhere, and for who does not change channels."""
        _, name = visit.words, visit.names["name"]
        must_change(visit)
        await self._platform.notifier.follow_channels()
        known = self._platform.notifier.channels
        record = next((each for each in known.records if each.name == name), None)
        if record is None or record.kind not in CHANNEL_KEYS:
            raise NotThere(_("There is no such channel."))
        shown = shown_keys(record)
        keys = CHANNEL_KEYS[record.kind]
        found = await self._platform.channels.changes(channel=name, limit=CHANGES_SHOWN)
        changes = tuple(change_row(_, change, visit.zone) for change in found)
        still = {
            "record": record,
            "kind_words": _(KIND_WORDS[record.kind]),
            "use_words": _(USE_WORDS[record.use]),
            "is_file": known.owner_of(name) == "cloud.toml",
            "revision": revision_of(record),
            "steps": ", ".join(str(number) for number in known.steps_of(name)),
            "keys": [(key, _(key.label), _(key.hint) if key.hint else "") for key in keys],
            "texts": texts_of(_, keys, record.keys),
            "secrets": [(key, label_of(_, key), shown.get(key, "")) for key in SECRETS[record.kind]],
        }
        return PageContent(
            [Fragment("changes", "channels/changes.html", {"changes": changes}, version=changes)], still, name
        )
