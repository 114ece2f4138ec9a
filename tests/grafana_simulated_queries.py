"""What Grafana's InfluxDB data source does with a dashboard, from the generated JSON: fill in, ask, make frames.

SELECT last("ispu") FROM "air" WHERE "site" =~ /^$site$/ AND $timeFilter GROUP BY time($__interval)
SELECT last("ispu") FROM "air" WHERE "site" =~ /^(army-dock|dodola)$/ AND time >= …ms and time <= …ms GROUP BY time(2m)

A simulation after Grafana's documentation of variable formats and what its InfluxDB backend sends and answers: a value
in a regular expression is escaped, several are joined as (a|b); only the first statement of a query counts; a table has
Time, then tags, then columns; a time series is named by its alias.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

Json = dict[str, Any]
Ask = Callable[[str], list[Json]]
"""A statement to the series that InfluxDB answers; raises where it refuses."""

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DATA_POINTS = 900
"""How many points a panel of half the screen's width asks for."""
_SPAN_MS = {"s": 1_000, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY, "M": 30 * DAY, "y": 365 * DAY}
_STEPS_MS = (
    1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE,
    20 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY,
)  # fmt: skip
_VARIABLE = re.compile(r"\$\{(\w+)(?:\.[^:}]+)?(?::([\w:]+))?\}|\$(\w+)|\[\[(\w+)(?::(\w+))?\]\]")


class Whole(str):
    """What stands for all in a query, as its variable says; never escaped."""


class Variable(msgspec.Struct, frozen=True):
    """A template variable: what can be chosen, whether several at once, and what stands for all where that is given."""

    name: str
    options: tuple[str, ...]
    multi: bool = False
    has_all: bool = False
    all_value: str = ""

    def choices(self) -> list[Sequence[str]]:
        """What is worth trying: all at once and each alone, or each alone."""
        alone: list[Sequence[str]] = [(option,) for option in self.options]
        several: list[Sequence[str]] = [self.options] if self.multi else []
        return [*([self.all] if self.has_all else []), *several, *alone]

    @property
    def all(self) -> Sequence[str]:
        """All of it: by the words that the variable has for that, or one by one."""
        return (Whole(self.all_value),) if self.has_all and self.all_value else self.options


class Moment(msgspec.Struct, frozen=True):
    """The range that is asked for, UTC ms, and the step between points."""

    from_ms: int
    to_ms: int
    interval_ms: int
    now_ms: int

    def words(self) -> dict[str, str]:
        """Grafana's own variables."""
        range_ms = self.to_ms - self.from_ms
        return {
            "timeFilter": f"time >= {self.from_ms}ms and time <= {self.to_ms}ms",
            "__interval": interval_text(self.interval_ms),
            "interval": interval_text(self.interval_ms),
            "__interval_ms": str(self.interval_ms),
            "__from": str(self.from_ms),
            "__to": str(self.to_ms),
            "__range": f"{range_ms // 1000}s",
            "__range_s": str(range_ms // 1000),
            "__range_ms": str(range_ms),
        }


class Frame(msgspec.Struct, frozen=True):
    """What a panel gets: the names of its columns as overrides and transformations know them, and the columns."""

    ref_id: str
    columns: Mapping[str, Sequence[Any]]
    name: str = ""


class Refused(Exception):
    """A query that cannot be filled in or that InfluxDB does not take; the text says which and why."""


def panels_of(dashboard: Json) -> Iterator[Json]:
    """Every panel, those in collapsed rows too."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", ())
        else:
            yield panel


def moment_of(dashboard: Json, now_ms: int, panel: Json | None = None) -> Moment:
    """The range of a panel, or of the dashboard itself: its own where it has one, shifted where it is shifted."""
    panel = panel or {}
    to_ms = _time_ms(dashboard["time"]["to"], now_ms)
    from_ms = _time_ms(dashboard["time"]["from"], now_ms)
    if panel.get("timeFrom"):
        from_ms, to_ms = _time_ms("now-" + panel["timeFrom"].removeprefix("now-"), now_ms), now_ms
    shift_ms = _span_ms(panel["timeShift"]) if panel.get("timeShift") else 0
    points = panel.get("maxDataPoints") or DATA_POINTS
    least_ms = _span_ms(panel["interval"].removeprefix(">")) if panel.get("interval") else 1_000
    wanted_ms = (to_ms - from_ms) / points
    step_ms = next((step for step in _STEPS_MS if step >= wanted_ms), _STEPS_MS[-1])
    return Moment(from_ms - shift_ms, to_ms - shift_ms, max(step_ms, least_ms), now_ms)


def interval_text(interval_ms: int) -> str:
    """An interval as Grafana writes it in a query: 2m."""
    for unit in ("d", "h", "m", "s"):
        if interval_ms % _SPAN_MS[unit] == 0:
            return f"{interval_ms // _SPAN_MS[unit]}{unit}"
    return f"{interval_ms}ms"


def variables_of(dashboard: Json, ask: Ask, now_ms: int) -> dict[str, Variable]:
    """The template variables with their options, each asked for with those before it at all that they offer."""
    found: dict[str, Variable] = {}
    moment = moment_of(dashboard, now_ms)
    for row in dashboard.get("templating", {}).get("list", ()):
        chosen = {name: variable.all for name, variable in found.items()}
        options = _options(row, partial(_asked_with, chosen, moment, ask))
        found[row["name"]] = Variable(
            row["name"],
            tuple(options),
            row.get("multi", False),
            row.get("includeAll", False),
            row.get("allValue") or "",
        )
    return found


def fill_in(text: str, chosen: Mapping[str, Sequence[str]], moment: Moment) -> str:
    """The text with its variables filled in; Refused names one that there is not.

    `now()`, which is the store's own clock, becomes that of the moment: the day lies in the past.
    """
    words = moment.words()

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3] or match[4]
        if name in words:
            return words[name]
        if name not in chosen:
            raise Refused(f"the variable ${name} is none of this dashboard's")
        return _formatted(chosen[name], match[2] or match[5] or "regex")

    return _VARIABLE.sub(value, text).replace("now()", f"{moment.now_ms}ms")


def frames_of(target: Json, query: str, ask: Ask) -> list[Frame]:
    """The frames that Grafana makes of what InfluxDB answers to the filled in `query`."""
    if ";" in query.strip().rstrip(";"):
        raise Refused(f"a query has one statement, since Grafana shows no second one: {query}")
    series = ask(query)
    if target.get("resultFormat") == "table":
        return [_table(target["refId"], series)] if series else []
    return list(_time_series(target, series))


def _options(row: Json, ask: Callable[[str], list[str]]) -> list[str]:
    kind = row["type"]
    if kind == "query":
        query = row["query"]
        found = ask(query if isinstance(query, str) else query["query"])
        # of two options that stand for one value, Grafana keeps the first
        values = [_value_in(option, row["regex"]) for option in found] if row.get("regex") else found
        return list(dict.fromkeys(values))
    if kind in ("custom", "interval"):
        values = [part.strip() for part in re.split(r"(?<!\\),", row["query"])]
        return [value.rsplit(" : ", 1)[-1].strip() for value in values]
    return [row["query"]] if kind in ("constant", "textbox") else []


def _value_in(option: str, pattern: str) -> str:
    """What an option stands for: the group `value` of the variable's regular expression."""
    found = re.match(pattern.strip("/").replace("?<", "?P<"), option)
    if found is None:
        raise Refused(f"the option {option!r} does not fit {pattern}")
    return found["value"]


def _asked_with(chosen: Mapping[str, Any], moment: Any, ask: Ask, text: str) -> list[str]:
    return _answer(fill_in(text, chosen, moment), ask)


def _answer(query: str, ask: Ask) -> list[str]:
    """The options in an answer: its second column, as the first is a tag's name or the time; else its only one."""
    return list(dict.fromkeys(str(row[min(1, len(row) - 1)]) for series in ask(query) for row in series["values"]))


def _formatted(values: Sequence[str], form: str) -> str:
    if form in ("raw", "text") or isinstance(values[0], Whole):
        return ",".join(values)
    if form in ("csv", "pipe"):
        return {"csv": ",", "pipe": "|"}[form].join(values)
    if form != "regex":
        raise Refused(f"the format :{form} of a variable is not known here")
    escaped = [re.sub(r"([\\^$*+?.()|\[\]{}/])", r"\\\1", value) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _table(ref_id: str, series: Sequence[Json]) -> Frame:
    rows = [row for each in series for row in each["values"]]
    tags = {tag: [each["tags"][tag] for each in series for _ in each["values"]] for tag in series[0].get("tags", {})}
    if len(tags) > 1:
        raise Refused(f"Grafana mixes up the tags {sorted(tags)} of a table; make them columns of an outer SELECT")
    named = {name: [row[place] for row in rows] for place, name in enumerate(series[0]["columns"])}
    columns = ({"Time": named.pop("time")} if "time" in named else {}) | tags | named
    return Frame(ref_id, columns, series[0]["name"])


def _time_series(target: Json, series: Sequence[Json]) -> Iterator[Frame]:
    for each in series:
        times = [row[0] for row in each["values"]]
        for place, column in enumerate(each["columns"]):
            if column != "time":
                name = _alias(target.get("alias", ""), each, column)
                yield Frame(target["refId"], {"Time": times, name: [row[place] for row in each["values"]]}, name)


def _alias(alias: str, series: Json, column: str) -> str:
    tags = series.get("tags", {})
    if not alias:
        shown = ", ".join(f"{key}: {value}" for key, value in tags.items())
        return f"{series['name']}.{column}" + (f" {{{shown}}}" if shown else "")

    def value(match: re.Match[str]) -> str:
        word = match[1] or match[2]
        if word in ("m", "measurement"):
            return str(series["name"])
        if word == "col":
            return column
        if word.startswith("tag_") and word[4:] in tags:
            return str(tags[word[4:]])
        raise Refused(f"the alias {alias!r} has ${word}, and the answer has only the tags {sorted(tags)}")

    return re.sub(r"\$(\w+)|\[\[(\w+)\]\]", value, alias)


def _time_ms(text: str, now_ms: int) -> int:
    if text == "now":
        return now_ms
    return now_ms - _span_ms(text.removeprefix("now-"))


def _span_ms(text: str) -> int:
    match = re.fullmatch(r"(\d+)([smhdwMy])", text)
    if match is None:
        raise Refused(f"the time span {text!r} is not understood here; write one such as 24h")
    return int(match[1]) * _SPAN_MS[match[2]]
