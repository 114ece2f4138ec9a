"""Options of particulate sensors whose laser lives some 8,000 hours: who asks whom, and the sleep that spares it.

mode = "listen"     nothing is sent      "active"  it reports by itself      "query"  it is asked each every_s
sleep = true        asleep between two questions, and awake 30 s before each: so every_s is 60 or more
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.family import Option, OptionError
from i18n.message import LocalizedMessage

REPORTING = Option(
    "mode",
    str,
    LocalizedMessage("listen sends nothing to the sensor; active lets it report by itself, query asks it each every_s"),
    default="listen",
    choices=("listen", "active", "query"),
)
SLEEPING = Option(
    "sleep",
    bool,
    LocalizedMessage(
        "with mode query: let it sleep between two questions, and wake it 30 s before each, which spares the laser"
    ),
    default=False,
)
LEAST_S = 60.0
"""Between two questions to a sensor that sleeps."""


def check_sleep(chosen: Mapping[str, Any]) -> None:
    """OptionError where a sensor that sleeps would be asked before it is awake."""
    if chosen["sleep"] and chosen["every_s"] < LEAST_S:
        raise OptionError(
            LocalizedMessage(
                "every_s: {every_s:g}: with sleep write {least:g} or more: it is woken 30 s before each question",
                every_s=chosen["every_s"], least=LEAST_S,
            )
        )  # fmt: skip
