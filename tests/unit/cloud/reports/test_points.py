"""Lines are checked against the table that dashboards are made from."""

from typing import Any

import pytest

from cloud.reports.points import ReportPoint, lines_of

TAGS = {"instance": "0-63", "reason": "fault"}


def line(fields: dict[str, Any], *, tags: dict[str, str] = TAGS, measurement: str = "refused") -> str:
    return lines_of([ReportPoint(measurement, 5, tags, fields)])[0].decode()


def test_a_line_has_its_tags_in_order_and_its_types():
    assert line({"count": 3}) == "refused,instance=0-63,reason=fault count=3i 5"
    assert line({"count": 3}, tags={"reason": "a b,c=d", "instance": ""}) == "refused,reason=a\\ b\\,c\\=d count=3i 5"


def test_texts_are_quoted_on_one_line_and_a_whole_number_may_stand_for_a_number():
    tags = dict.fromkeys(("gateway", "level", "quantity", "rule", "sensor", "site"), "x") | {"level": "up\\"}
    shown = line({"limit": 3, "name": 'a "b"\n\\c', "high": None}, tags=tags, measurement="threshold")
    assert shown == r'threshold,gateway=x,level=up/,quantity=x,rule=x,sensor=x,site=x limit=3.0,name="a \"b\" \\c" 5'


def test_what_is_no_number_is_left_out():
    tags = dict.fromkeys(("gateway", "level", "quantity", "rule", "sensor", "site"), "x")
    assert " limit=1.0 " in line({"limit": 1.0, "high": float("nan")}, tags=tags, measurement="threshold")


@pytest.mark.parametrize(
    ("mistake", "error", "says"),
    [
        ({"fields": {"count": 2.5}}, TypeError, "field count is 2.5; it must be a whole"),
        ({"fields": {"count": True}}, TypeError, "field count is True"),
        ({"fields": {"counts": 2}}, ValueError, "no field 'counts'"),
        ({"fields": {"count": None}}, ValueError, "without any field"),
        ({"fields": {"count": 2}, "tags": {"reason": "fault"}}, ValueError, "has the tags"),
        ({"fields": {"count": 2}, "measurement": "refusals"}, ValueError, "'refusals'"),
    ],
)
def test_a_mistake_of_ours_is_told(mistake: dict[str, Any], error: type[Exception], says: str):
    with pytest.raises(error, match=says):
        line(**mistake)
