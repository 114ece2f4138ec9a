"""How notifications do, for health: the whole, and each channel.

settings, states ─► "messages that wait: 3"      channel ─► degraded: "it cannot send: its secret was sealed with …"
"""

from collections.abc import Collection

from cloud.core.health import Component, Condition
from cloud.notify.channel_state import ChannelState, component_of
from cloud.notify.settings import NotifySettings
from i18n.message import LocalizedMessage, joined

_ON_TRIAL = LocalizedMessage("on trial, no alarm goes over it")
_NO_STEPS = LocalizedMessage("no steps are set up in [notify]: alarms are shown, and nobody is told")


def channel_component(settings: NotifySettings, state: ChannelState) -> Component:
    """Say how one channel does; what only tests go over keeps nobody from being warned."""
    found, channel = component_of(state), settings.channel(state.name)
    if not settings.may_alarm(state.name):
        return Component(Condition.OK, joined((_ON_TRIAL, found.detail)))
    if channel is not None and (lost := channel.lost_secret()):
        return Component(Condition.DEGRADED, LocalizedMessage("it cannot send: {problem}", problem=lost))
    return found


def notifications_component(settings: NotifySettings, states: Collection[ChannelState], problem: str) -> Component:
    """Say how the outbox does; `problem` is the database's."""
    waiting = LocalizedMessage("messages that wait: {count}", count=sum(state.waiting for state in states))
    if not settings.steps:
        return Component(Condition.OK, _NO_STEPS)
    if problem:
        said = LocalizedMessage("notifications wait for the database: {problem}", problem=problem)
        return Component(Condition.DEGRADED, said)
    asleep = [str(number) for number, step in enumerate(settings.steps, start=1) if not settings.channels_of(step)]
    if asleep:
        said = LocalizedMessage(
            "steps without a channel in use: {steps}; bring one into use, or add one", steps=", ".join(asleep)
        )
        return Component(Condition.DEGRADED, joined((said, waiting)))
    stranded = sum(state.waiting for state in states if not settings.may_alarm(state.name))
    if stranded:
        said = LocalizedMessage(
            "messages on channels out of use that no other channel takes over: {count}", count=stranded
        )
        return Component(Condition.DEGRADED, joined((said, waiting)))
    return Component(Condition.OK, waiting)
