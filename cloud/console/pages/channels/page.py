"""The page of channels: each with its state and how it does, tests, and a form for a new one of each kind.

telegram   cloud.toml   in use    step 1   last sent 12:03                                 [Test]
phone      Telegram     on trial           it was never used                               [Test]
"""

from cloud.access.principal import Role
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.channels.actions import ChannelActions, may_change
from cloud.console.pages.channels.one import OneChannelPage
from cloud.console.view_models.channel_views import (
    CHANNEL_KEYS,
    KIND_WORDS,
    SECRETS,
    USE_WORDS,
    ListedChannel,
    ListedChannelChange,
    change_row,
    label_of,
)
from cloud.console.view_models.health import LEVELS
from cloud.core.health import Condition
from cloud.notify.channel_state import ChannelState
from cloud.notify.health import channel_component
from cloud.platform import Platform
from i18n import figures
from runtime.clock import boot_s

AGAIN_S = 5.0
"""How often the channels are asked of the database while somebody looks."""
CHANGES_SHOWN = 20
_OF_ONE = ("change", "use", "put_on_trial", "retire", "restore", "test", "undo")


def channel_pages(platform: Platform) -> list[ConsolePage]:
    """The page of all channels, and that of one."""
    own, actions, one = _ChannelsPage(platform), ChannelActions(platform), OneChannelPage(platform)
    forms = {"add": actions.add, "test": actions.test, "undo": actions.undo}
    of_one = {name: getattr(actions, name) for name in _OF_ONE}
    styles = ("tables.css",)
    return [
        ConsolePage("channels", "channels/page.html", own.show, actions=forms, styles=styles, name="channels"),
        ConsolePage("channels/{name}", "channels/one.html", one.show, actions=of_one, styles=styles, name="channels"),
    ]


class _ChannelsPage:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._refreshed_s = float("-inf")

    async def show(self, visit: PageVisit) -> PageContent:
        """Show every channel, and to who may change them what was changed last."""
        _, kind = visit.words, visit.query.get("kind", "")
        may_write, rows = may_change(visit), await self._rows(visit)
        changes = await self._changes(visit) if may_write else ()
        shown = {"channels": rows, "may_test": visit.may(Role.OPERATOR), "may_write": may_write}
        still = {
            "may_write": may_write,
            "kinds": [(each, _(words)) for each, words in KIND_WORDS.items()],
            "kind": kind if kind in KIND_WORDS else "",
            "kind_words": _(KIND_WORDS[kind]) if kind in KIND_WORDS else "",
            "keys": [(key, _(key.label), _(key.hint) if key.hint else "") for key in CHANNEL_KEYS.get(kind, ())],
            "secrets": [(key, label_of(_, key), "") for key in SECRETS.get(kind, ())],
        }
        return PageContent(
            [
                Fragment("channels", "channels/list.html", shown, version=rows),
                Fragment("changes", "channels/changes.html", {"changes": changes}, version=changes),
            ],
            still=still,
            title=_("Channels"),
        )

    async def _rows(self, visit: PageVisit) -> tuple[ListedChannel, ...]:
        notifier = self._platform.notifier
        if boot_s() - self._refreshed_s >= AGAIN_S:
            self._refreshed_s = boot_s()
            await notifier.refresh()
        states = {state.name: state for state in notifier.states()}
        kinds = {channel.name: channel.kind for channel in notifier.settings.channels}
        kinds |= {record.name: record.kind for record in notifier.channels.records if record.name not in kinds}
        return tuple(self._row(visit, name, kind, states.get(name)) for name, kind in kinds.items())

    def _row(self, visit: PageVisit, name: str, kind: str, state: ChannelState | None) -> ListedChannel:
        _, known = visit.words, self._platform.notifier.channels
        record = next((each for each in known.records if each.name == name), None)
        is_file = known.owner_of(name) == "cloud.toml"
        use = "in use" if is_file or record is None else record.use
        said, level, sent, failed, tested = "", "off", "", "", ""
        if state is not None:
            component = channel_component(self._platform.notifier.settings, state)
            is_worth_saying = state.waiting or component.status is not Condition.OK
            said = figures.said_at(_, component.detail, visit.zone) if is_worth_saying else ""
            level = LEVELS[component.status]
            sent, failed, tested = (
                figures.day_and_time(_, time_ms, visit.zone) if time_ms else _("never")
                for time_ms in (state.sent_ms, state.failed_ms, state.self_tested_ms)
            )
        steps = ", ".join(str(number) for number in known.steps_of(name))
        words = _(KIND_WORDS[kind]) if kind in KIND_WORDS else kind
        return ListedChannel(name, words, use, _(USE_WORDS[use]), is_file, level, said, steps, sent, failed, tested)

    async def _changes(self, visit: PageVisit) -> tuple[ListedChannelChange, ...]:
        found = await self._platform.channels.changes(limit=CHANGES_SHOWN)
        return tuple(change_row(visit.words, change, visit.zone) for change in found)
