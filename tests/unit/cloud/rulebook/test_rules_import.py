from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.access.principal import Principal, Role
from cloud.database.audit_log import Actor
from cloud.rulebook.records import RuleRejected, RuleVersion
from cloud.rulebook.rules_file import Lines
from cloud.rulebook.rules_import import ImportPlan, exported, planned
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.served import RIVER_RULE

ANI = Actor("ani")
DEDI = Principal("dedi", Role.ENGINEER)
CICI = Principal("cici", Role.ENGINEER, frozenset({"dodola"}))
HEAD = '[[rules]]\nfamily = "river-level"\n'


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city with a rule for all rivers, a wait at one gauge, and one that somebody took the hours from."""
    async with Morotai(tmp_path) as city:
        await city.rule_store.save("river-level", "all", RIVER_RULE, actor=ANI, reason="the beginning")
        await city.rule_store.save("river-level", "sensor:river", {"for_s": 120.0}, actor=ANI, reason="waves")
        await city.rule_store.save("river-level", "site:dodola", {"hours": None}, actor=ANI, reason="always")
        yield city


def plan(city: Morotai, text: str, *, principal: Principal = DEDI, whole: bool = False) -> ImportPlan:
    return planned(city.rule_store, text, principal=principal, whole=whole)


def told(found: ImportPlan) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.sentence) for problem in found.problems]


async def test_what_is_exported_changes_nothing_when_it_is_imported(city: Morotai):
    text = exported(city.rule_store, DEDI)
    assert 'without = ["hours"]' in text
    assert text.index('"all"') < text.index('"site:dodola"') < text.index('"sensor:river"')
    for whole in (False, True):
        found = plan(city, text, whole=whole)
        assert (found.differences, found.problems) == ((), ())


async def test_differences_are_told_and_what_the_file_does_not_name_is_left_or_taken_out(city: Morotai):
    text = HEAD + 'scope = "sensor:river"\nfor_s = 60\n' + HEAD + 'scope = "site:daruba"\nclear_s = 30\n'
    found = plan(city, text)
    assert [(one.scope, one.before, one.after, one.line) for one in found.differences] == [
        ("sensor:river", {"for_s": 120.0}, {"for_s": 60.0}, 1),
        ("site:daruba", None, {"clear_s": 30.0}, 5),
    ]
    assert found.problems == ()
    whole = plan(city, text, whole=True)
    assert [one.scope for one in whole.differences if one.after is None] == ["all", "site:dodola"]
    assert whole.problems != (), "what narrower places need cannot be taken out"


async def test_an_import_is_one_change_of_all_or_nothing(city: Morotai):
    text = HEAD + 'scope = "sensor:river"\nfor_s = 60\n' + HEAD + 'scope = "site:daruba"\nclear_s = 30\n'
    found = plan(city, text)
    await city.rule_store.save_all(found.changes, actor=ANI, reason="surveyed", seen=found.known)
    assert plan(city, text).differences == ()
    newest = city.rule_store.versions("river-level", "sensor:river")[0]
    assert (newest.version, newest.fields, newest.reason) == (2, {"for_s": 60.0}, "surveyed")
    before = await city.rule_store.held()
    worse = plan(city, HEAD + 'scope = "site:daruba"\nclear_s = 60\n' + HEAD + 'scope = "sensor:river"\nfor_s = -1\n')
    with pytest.raises(RuleRejected, match="for_s -1"):
        await city.rule_store.save_all(worse.changes, actor=ANI, reason="a try")
    with pytest.raises(RuleRejected, match="reason: is empty"):
        await city.rule_store.save_all(found.changes, actor=ANI, reason=" ")
    assert await city.rule_store.held() == before


async def test_a_narrow_table_may_stand_with_the_wide_one_that_it_needs(city: Morotai):
    text = (
        '[[rules]]\nfamily = "heat"\nscope = "site:daruba"\nfor_s = 60\n'
        '[[rules]]\nfamily = "heat"\nquantity = "temperature"\nkind = "above"\ntitle = "Heat"\n'
        'levels = [{ name = "Hot", severity = "minor", limit = 35 }]\n'
    )
    found = plan(city, text)
    assert found.problems == ()
    await city.rule_store.save_all(found.changes, actor=ANI, reason="summer")
    assert [rule.rule.for_s for rule in city.rule_store.resolved("air") if rule.rule.family == "heat"] == [60.0]


async def test_what_was_looked_at_is_what_is_written(city: Morotai):
    found = plan(city, HEAD + 'scope = "sensor:river"\nfor_s = 60\n')
    await city.rule_store.save("river-level", "site:daruba", {"clear_s": 30.0}, actor=ANI, reason="meanwhile")
    with pytest.raises(RuleRejected, match="somebody has changed them"):
        await city.rule_store.save_all(found.changes, actor=ANI, reason="late", seen=found.known)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[[rules]\n", None, "line 1"),
        ("[city]\n", None, "city: unknown key"),
        ('rules = "all"\n', None, "write each as a table"),
        ("[[rules]]\nfor_s = 1\n", 1, "family must be there"),
        (HEAD + "for_s = 1\n" + HEAD + "clear_s = 1\n", 4, "stands in the file twice"),
        (HEAD + 'scope = "sensor:rivr"\nfor_s = 1\n', 3, "did you mean sensor:river?"),
        (HEAD + 'scope = "sensor:river"\nfor = 1\n', 4, "a rule has no such field"),
        (HEAD + 'scope = "sensor:river"\n\nhysteresis = -1\n', 5, "must not be negative"),
        (
            HEAD + 'scope = "sensor:river"\n[[rules.levels]]\nname = "a"\nseverity = "minor"\nlimit = "high"\n',
            7,
            "write a number",
        ),
        (HEAD + 'scope = "sensor:river"\nwithout = "hours"\n', 4, "a rule has no such field"),
        (HEAD + 'scope = "sensor:river"\nfor_s = nan\n', 4, "has a value that no rule can have"),
        (HEAD + 'scope = "sensor:river"\nhours = { start = 08:00:00 }\n', 4, "has a value that no rule can have"),
    ],
)
async def test_each_problem_has_its_line(city: Morotai, text: str, line: int | None, words: str):
    ((found_line, sentence),) = told(plan(city, text))
    assert words in sentence
    assert found_line == line


async def test_whoever_sees_one_site_exports_and_imports_no_other(city: Morotai):
    text = exported(city.rule_store, CICI)
    assert "sensor:river" not in text
    assert "site:dodola" in text
    mine = plan(city, text + HEAD + 'scope = "sensor:ferry"\nquantity = "people_in"\n', principal=CICI)
    assert [one.scope for one in mine.differences] == ["sensor:ferry"]
    sentences = set()
    for scope in ("sensor:river", "sensor:none", "site:daruba"):
        foreign = plan(city, HEAD + f'scope = "{scope}"\nfor_s = 120.0\n', principal=CICI)
        assert [one.before for one in foreign.differences] == [None]
        sentences |= {sentence.replace(scope, "…") for _line, sentence in told(foreign)}
    assert len(sentences) == 1
    wide = plan(city, HEAD + "for_s = 1\n", principal=CICI)
    assert "reaches beyond the sites" in told(wide)[0][1]
    also = 'also = { sensor = "river", quantity = "water_level", kind = "above", limit = 1 }\n'
    named = plan(city, HEAD + 'scope = "site:dodola"\n' + also, principal=CICI)
    assert "there is no such sensor" in told(named)[0][1]
    whole = plan(city, HEAD + 'scope = "site:dodola"\nfor_s = 1\n', principal=CICI, whole=True)
    assert [one.scope for one in whole.differences] == ["site:dodola"], "what others set is left alone"


def test_lines_are_counted_past_texts_that_look_like_tables():
    text = '[[rules]]\nadvice = """\n[[rules]]\n"""\n[[rules]]\nfor_s = 1\n'
    lines = Lines(text)
    assert (len(lines), lines.of(1), lines.of(1, "for_s"), lines.of(2)) == (2, 5, 6, None)


async def test_many_tables_are_refused_before_they_are_looked_at(city: Morotai):
    ((_line, sentence),) = told(plan(city, '[[rules]]\nfamily = "a"\n' * 2_001))
    assert sentence == "rules: there are 2001; import at most 2000 at once"
    assert isinstance(city.rule_store.versions()[0], RuleVersion)


@pytest.mark.parametrize(
    "line",
    [
        "levels = [1, 2]", "levels = []", "levels = [{}]", "levels = { a = 1 }", "title = 3", 'also = "river"',
        "also = { sensor = 3 }", "hours = { days = [0, 99] }", "reject = [[1]]", 'kind = "sideways"', "enabled = 2",
        "at_least = { n = 1.5 }", "for_s = 1e300", 'quantity = "nothing"', '"" = 1', "without = [1]",
        'without = ["levels"]', "minimum = 9007199254740993",
    ],
)  # fmt: skip
async def test_whatever_a_table_holds_is_answered_with_a_problem(city: Morotai, line: str):
    found = plan(city, HEAD + f'scope = "sensor:river"\n{line}\n')
    assert found.problems, "none of these may hold"
    assert exported(city.rule_store, DEDI).count("[[rules]]") == 3
