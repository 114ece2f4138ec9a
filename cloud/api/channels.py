"""The channels of notification: how they do, and whether they work.

GET  /api/v1/channels                    how each does, and when the chain was last proven
POST /api/v1/channels/telegram/test      one test message over one channel   {"sent":true,"sentence":"200"}
POST /api/v1/channels/test-alarm         a test alarm through the whole chain {"alarm":17}
"""

import difflib

from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.notifications import ChannelAnswer, ChannelsAnswer, ChannelTestAnswer, TestAlarmAnswer
from cloud.core.printable import Wanted
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.notify.channel_state import ChannelState
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.health import channel_component
from cloud.platform import Platform

ROUTES = new_routes("Notifications", below="/api/v1/channels")


@ROUTES.get("")
async def channels(platform: CurrentPlatform) -> ChannelsAnswer:
    """How each channel does, those of cloud.toml first, and when the chain was last proven by a test alarm.

    Retired ones are not among them.
    """
    await platform.notifier.follow_channels()
    await platform.notifier.refresh()
    states = platform.notifier.states()
    return ChannelsAnswer(
        morning_test=platform.notifier.settings.morning_test or None,
        last_proven=max((state.self_tested_ms for state in states if state.self_tested_ms), default=None),
        channels=[
            _channel(platform, channel, state)
            for channel, state in zip(platform.notifier.settings.channels, states, strict=True)
        ],
    )


@ROUTES.post("/test-alarm")
async def test_alarm(platform: CurrentPlatform, principal: CurrentPrincipal) -> TestAlarmAnswer:
    """Send a test alarm through the whole chain to the first step; it is marked as a test and closes itself."""
    if not platform.notifier.settings.steps:
        raise HttpProblem("no-steps", "notify.steps: there is none to test; add [[notify.steps]] to cloud.toml")
    return TestAlarmAnswer(alarm=await platform.notifier.test_alarm(principal.actor, sites=principal.sites))


@ROUTES.post("/{name}/test")
async def test_channel(platform: CurrentPlatform, name: Wanted, principal: CurrentPrincipal) -> ChannelTestAnswer:
    """Send one test message over one channel, and wait for what comes of it."""
    try:
        delivered = await platform.notifier.test_channel(name, principal.actor, sites=principal.sites)
    except LookupError:
        names = [channel.name for channel in platform.notifier.settings.channels]
        close = difflib.get_close_matches(name, names, n=1)
        advice = f"did you mean {close[0]}?" if close else "/api/v1/channels lists them"
        raise HttpProblem("unknown-channel", f"name: there is no channel {name[:80]!r}; {advice}") from None
    return ChannelTestAnswer.of(delivered)


def _channel(platform: Platform, channel: ChannelSettings, state: ChannelState) -> ChannelAnswer:
    settings = platform.notifier.settings
    component = channel_component(settings, state)
    return ChannelAnswer.of(
        state,
        kind=channel.kind,
        use="in use" if settings.may_alarm(channel.name) else "on trial",
        owner=platform.notifier.channels.owner_of(channel.name),
        status=component.status,
        detail=component.detail,
    )
