"""Every query of every dashboard, as Grafana would send it, against a real InfluxDB that holds a day of the demo.

dashboards/generated/{id,en}/*.json ─► variables, panels, annotations ─► InfluxQL ─► rows of the shape that the panel
expects: the columns that its overrides and transformations name, numbers where it shows numbers.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import chain, product
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from dashboards.platform_alerts import RULES, PlatformRule
from tests.demo_day import NOW_MS, DemoDay, demo_registry
from tests.grafana_simulated_queries import (
    Ask,
    Frame,
    Json,
    Moment,
    Refused,
    Variable,
    fill_in,
    frames_of,
    moment_of,
    panels_of,
    variables_of,
)
from tests.panel_shape import mistakes_in
from tests.servers import free_port, influxd
from wire import MEASURED

GENERATED = Path(__file__).parents[2] / "dashboards" / "generated"
NOT_MEASURED = MEASURED.keys() - {quantity for sensor in demo_registry().sensors() for quantity in sensor.quantities}
"""What the demo's island has no sensors for: such columns stand empty, as on every island without them."""
_MAY_FIND_NOTHING = re.compile(rf'"ispu" >= |last\("({"|".join(sorted(NOT_MEASURED))})_day"\)|"samples" = 0')
"""A day need not have had every category, what nobody measures has no column, and the platform was heard."""
DASHBOARDS = sorted(GENERATED.glob("*/*.json"))
pytestmark = pytest.mark.timeout(400)  # the first test fills a store with a day: two minutes on a busy machine


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ask(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ask]:
    """An InfluxDB with the demo's day, and a way to ask it."""
    folder = tmp_path_factory.mktemp("demo-day")
    with influxd(folder, free_port()) as server:
        url = f"http://127.0.0.1:{server.port}"
        async with DemoDay(folder, url) as day:
            await day.fill()
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
            yield lambda query: _asked(client, query)


def _asked(client: httpx.Client, query: str) -> list[Json]:
    answer = client.get("/query", params={"db": "siaga", "epoch": "ms", "q": query}).json()
    result = answer["results"][0] if "results" in answer else answer
    if "error" in result:
        raise Refused(f"InfluxDB: {result['error']}: {query}")
    return list(result.get("series", ()))


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_query_of_a_dashboard_finds_what_its_panel_shows(file: Path, ask: Ask):
    dashboard = json.loads(file.read_text())
    assert problems_of(dashboard, ask) == [], dashboard["title"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            ('mean("rise_rate")', 'mean("rise_rates")'),
            "'Rate of rise': query A finds nothing: SELECT mean(",
        ),
        (('last("rain_hour")', 'last("rain_hours")'), "'Rain now': query A: its column rain_hour is always empty"),
        (("$timeFilter GROUP BY", "$timeFilter GROUP BUY"), "'Rate of rise': query A: InfluxDB: error parsing query"),
        (
            ("/^$site$/ AND $timeFilter", "/^$sites$/ AND $timeFilter"),
            "'Rate of rise': query A: the variable $sites is",
        ),
        (
            ('"$tag_sensor"', '"$tag_sensors"'),
            "'Rate of rise': query A: the alias '$tag_sensors' has $tag_sensors, and",
        ),
        (('"options": "distance"', '"options": "distances"'), "'The way to the next level': an override is for 'dis"),
        (('"field": "rain_day"', '"field": "rain"'), "'Rain now': the transformation sortBy names 'rain', which no"),
        (('FROM \\"alarm_span\\"', 'FROM \\"alarms\\"'), "none of the annotations ['Minor alarms', "),
        (
            ('"alarm_span.until_ms"', '"until_ms"'),
            "'Minor alarms': 'until_ms' is no column that Grafana's",
        ),
        (('AS \\"title\\"', 'AS \\"heading\\"'), "'Minor alarms': 'alarm_span.title' is no column that Grafana"),
        (
            ('FROM \\"about_site\\", \\"situation\\"', 'FROM \\"sites\\", \\"situations\\"'),
            "$site has no options",
        ),
    ],
)
def test_what_finds_nothing_or_has_another_shape_is_named(change: tuple[str, str], problem: str, ask: Ask):
    text = (GENERATED / "en" / "flood.json").read_text()
    old, new = (part if "\\" in part or part.startswith('"') else part.replace('"', '\\"') for part in change)
    assert old in text
    assert any(problem in each for each in problems_of(json.loads(text.replace(old, new)), ask))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.uid)
def test_the_rule_of_the_platform_itself_finds_a_figure_and_is_calm_on_the_demo_day(rule: PlatformRule, ask: Ask):
    moment = Moment(NOW_MS - rule.window_s * 1000, NOW_MS, rule.window_s * 1000, NOW_MS)
    (series,) = ask(fill_in(rule.query, {}, moment))
    _, figure = series["values"][-1]
    assert figure >= rule.limit if rule.below else figure <= rule.limit


def test_there_are_dashboards_in_both_languages():
    by_language = {folder.name: sorted(file.name for file in folder.glob("*.json")) for folder in GENERATED.iterdir()}
    assert sorted(by_language) == ["en", "id"]
    assert by_language["en"] == by_language["id"] != []


def problems_of(dashboard: Json, ask: Ask) -> list[str]:
    """What is wrong with the queries of a dashboard, each with its panel and the letter of the query."""
    try:
        variables = variables_of(dashboard, ask, NOW_MS)
    except Refused as error:
        return [str(error)]
    empty = [f"variable ${each.name} has no options" for each in variables.values() if not each.options]
    if empty:
        return empty
    return [
        *_annotation_problems(dashboard, variables, ask),
        *(
            f"panel {panel['title']!r}: {problem}"
            for panel in panels_of(dashboard)
            for problem in _panel_problems(panel, dashboard, variables, ask)
        ),
    ]


def _panel_problems(panel: Json, dashboard: Json, variables: Mapping[str, Variable], ask: Ask) -> Iterator[str]:
    """What is wrong with the queries of a panel: for each choice of its variables, then over all of them."""
    targets = [target for target in panel.get("targets", ()) if _is_influx(target, panel)]
    if not targets:
        return
    found: dict[str, list[Frame]] = {target["refId"]: [] for target in targets}
    mistakes: list[list[str]] = []
    for chosen in _choices(json.dumps(panel), variables):
        frames: list[Frame] = []
        for target in targets:
            try:
                query = fill_in(target["query"], chosen, moment_of(dashboard, NOW_MS, panel))
                answer = frames_of(target, query, ask)
            except Refused as error:
                yield f"query {target['refId']}: {error}"
                return
            found[target["refId"]] += answer
            frames += answer
        if frames:
            mistakes.append(list(mistakes_in(panel, frames)))
    # a site without rain has no column of rain; what is wrong at every site is wrong
    yield from (words for words in dict.fromkeys(chain(*mistakes[:1])) if all(words in each for each in mistakes))
    for target in targets:
        yield from _findings(target, found[target["refId"]])


def _findings(target: Json, frames: Sequence[Frame]) -> Iterator[str]:
    """Whether a query finds something, and something in each of its columns, for some choice of the variables."""
    if not any(values for frame in frames for values in frame.columns.values()):
        if _MAY_FIND_NOTHING.search(target["query"]):
            return
        yield f"query {target['refId']} finds nothing: {target['query']}"
        return
    full = {name for frame in frames for name, values in frame.columns.items() if any(v is not None for v in values)}
    for name in {name: None for frame in frames for name in frame.columns}:
        if name not in full and name not in NOT_MEASURED:
            yield f"query {target['refId']}: its column {name} is always empty: {target['query']}"


def _annotation_problems(dashboard: Json, variables: Mapping[str, Variable], ask: Ask) -> Iterator[str]:
    """What is wrong with the marks: a day need not have an alarm of every severity in every domain, but some."""
    rows = [row for row in dashboard.get("annotations", {}).get("list", ()) if _is_influx(row, dashboard)]
    chosen = {name: variable.all for name, variable in variables.items()}
    found = False
    for row in rows:
        target = row["target"]
        for series in ask(fill_in(target["query"], chosen, moment_of(dashboard, NOW_MS))):
            found = True
            named = {f"{series['name']}.{column}" for column in series["columns"]}  # as Grafana's backend has them
            for name in (target["timeEndColumn"], target["titleColumn"]):
                if name not in named:
                    yield f"annotation {row['name']!r}: {name!r} is no column that Grafana's backend names: {named}"
            for name in (*target["textColumn"].split(","), *target["tagsColumn"].split(",")):
                if name not in series["columns"]:
                    yield f"annotation {row['name']}: {name} is none of the columns {series['columns']}"
                elif not all(isinstance(value, str) for value in _column(series, name)):
                    yield f"annotation {row['name']}: {name} is not text"
    if rows and not found:
        yield f"none of the annotations {[row['name'] for row in rows]} finds anything"


def _column(series: Json, name: str) -> list[Any]:
    place = series["columns"].index(name)
    return [row[place] for row in series["values"]]


def _choices(text: str, variables: Mapping[str, Variable]) -> Iterator[dict[str, Sequence[str]]]:
    """The choices of the variables that a panel speaks of: every one of each, the others at all."""
    spoken = [each for each in variables.values() if re.search(rf"\$\{{?{each.name}\b", text)]
    rest: dict[str, Sequence[str]] = {name: each.all for name, each in variables.items()}
    for combination in product(*(each.choices() for each in spoken)):
        yield rest | {each.name: choice for each, choice in zip(spoken, combination, strict=True)}


def _is_influx(row: Json, panel: Json) -> bool:
    source: Any = row.get("datasource") or panel.get("datasource") or {}
    return source.get("type") == "influxdb"
