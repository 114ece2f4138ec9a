"""A gateway's last word as a sentence: at 24 Nov 14:02 WIT it said that its mains had failed and it ran on battery."""

from zoneinfo import ZoneInfo

from i18n import figures
from i18n.catalog import N_, Catalog
from wire import LastWord, Leaving

_SAID = {
    Leaving.ON_BATTERY: N_("at {time} it said that its mains had failed and that it ran on a battery"),
    Leaving.GOING_DOWN: N_("at {time} it said that its battery was at its end"),
    Leaving.STOPPED: N_("at {time} it said that its service was being stopped"),
    Leaving.SHUTTING_DOWN: N_("at {time} it said that its machine was being shut down or started again"),
    Leaving.OTHER: N_("at {time} it said that it would fall silent"),
}
"""Since when it holds, and what."""
_STATES = {
    Leaving.ON_BATTERY: N_("on battery"),
    Leaving.GOING_DOWN: N_("battery at its end"),
    Leaving.STOPPED: N_("stopped"),
    Leaving.SHUTTING_DOWN: N_("shut down"),
    Leaving.OTHER: N_("has taken leave"),
}
_TO_DO = {
    Leaving.ON_BATTERY: N_("look whether the place has power"),
    Leaving.GOING_DOWN: N_("bring a charged battery, and look at its mains or its solar panel"),
    Leaving.STOPPED: N_("start it again, where that was not meant: systemctl start siaga-edge"),
    Leaving.SHUTTING_DOWN: N_("switch it on again, where that was not meant"),
}


def sentence(_: Catalog, word: LastWord, zone: ZoneInfo) -> str:
    """What it said, with the time in `zone`: the end of a sentence."""
    time = f"{figures.minute(_, word.at_ms, zone)} {figures.zone_name(word.at_ms, zone)}"
    return _(_SAID[word.reason], time=time)


def state(_: Catalog, word: LastWord) -> str:
    """A word or two for a table."""
    return _(_STATES[word.reason])


def to_do(_: Catalog, word: LastWord | None) -> str:
    """What to do about a gateway that has been silent since."""
    usual = _("look at its power and its link")
    return usual if word is None or word.reason not in _TO_DO else _(_TO_DO[word.reason])
