"""What an InfluxDB's answers mean."""

import email.utils
import time

import httpx
import pytest

from cloud.readings.influx_answers import MAX_ERROR_TEXT, AnswerMeaning, answer_of, error_text, no_influx, retry_after_s

PARTIAL = {"error": 'partial write: field type conflict: input field "pm1" on measurement "air" dropped=2'}


def test_each_status_has_its_meaning():
    meanings = {
        status: answer_of(httpx.Response(status, json={"error": "unable to parse"})).meaning
        for status in (
            200,
            201,
            202,
            204,
            206,
            301,
            400,
            401,
            403,
            404,
            405,
            408,
            413,
            422,
            429,
            500,
            501,
            503,
            511,
            599,
        )
    }
    stored, find, refused, wait = AnswerMeaning.STORED, AnswerMeaning.FIND, AnswerMeaning.REFUSED, AnswerMeaning.WAIT
    assert meanings == {
        200: refused, 201: refused, 202: refused, 204: stored, 206: refused, 301: refused, 400: find,
        401: refused, 403: refused, 404: refused, 405: refused,
        408: wait, 413: AnswerMeaning.SPLIT, 422: find, 429: wait, 500: wait, 501: refused, 503: wait,
        511: refused, 599: wait,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["<html>400 The plain HTTP request was sent to HTTPS port</html>", "Bad Request", ""])
def test_a_400_that_does_not_speak_of_lines_condemns_none(text: str):
    assert answer_of(httpx.Response(400, text=text)).meaning is AnswerMeaning.REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "unexpected error writing points to database: partial write: points beyond retention policy dropped=1",
        'partial write: field type conflict: input field "pm1" on measurement "air" is type float',
        "partial write: max-values-per-tag limit exceeded (100001/100000): measurement=air dropped=3",
        "unable to parse 'air,x=1 a=b 5': bad number",
    ],
)
@pytest.mark.parametrize("status", [500, 503])
def test_words_about_lines_count_under_5xx_too(status: int, text: str):
    assert answer_of(httpx.Response(status, json={"error": text})).meaning is AnswerMeaning.FIND


@pytest.mark.parametrize("text", ["partial write", "timeout", "unable to parse", "dropped connection"])
def test_a_cluster_that_misses_a_node_and_any_other_trouble_are_waited_for(text: str):
    assert answer_of(httpx.Response(500, json={"error": text})).meaning is AnswerMeaning.WAIT


@pytest.mark.parametrize("status", [400, 422])
def test_a_page_never_speaks_of_lines(status: int):
    page = httpx.Response(status, html="<html>cannot parse: no such point</html>")
    assert answer_of(page).meaning is AnswerMeaning.REFUSED
    assert answer_of(httpx.Response(502, html="<h1>dropped=1</h1>")).meaning is AnswerMeaning.WAIT


def test_what_no_influxdb_answers_is_said_without_secrets_and_printable():
    page = httpx.Response(
        200, headers={"content-type": "text/html; charset=utf-8"}, content=b"<html>It works!\x1b[2J</html>"
    )
    assert no_influx(page).startswith("200 with text/html ('<html>It works!?[2J</html>'), which no InfluxDB does")
    there = httpx.Response(302, headers={"location": "https://ani:secret@portal.example/login?token=abc#x"})
    assert "a redirect to https://portal.example/login, which" in no_influx(there)


def test_the_server_s_count_of_dropped_lines_is_read():
    assert answer_of(httpx.Response(400, json=PARTIAL)).dropped() == 2
    assert answer_of(httpx.Response(400, json={"error": "unable to parse"})).dropped() is None


def test_lines_named_by_their_text_are_found_as_1_x_and_2_x_name_them():
    answer = answer_of(
        httpx.Response(400, json={"error": "partial write: unable to parse 'air,x=1 a=b 5': bad number"})
    )
    assert set(answer.named_lines([b"air,x=1 a=1 4", b"air,x=1 a=b 5"])) == {1}


def test_lines_named_by_their_number_are_found_as_3_x_names_them():
    faults = [{"line_number": 2, "error_message": "bad field", "original_line": "…"}, {"line_number": 99}]
    answer = answer_of(httpx.Response(400, json={"error": "parsing failed", "data": faults}))
    assert answer.named_lines([b"a", b"b", b"c"]) == {1: "bad field"}


def test_an_error_text_is_one_line_and_short():
    assert error_text(httpx.Response(500, json={"message": "a\nb"})) == "a b"
    assert len(error_text(httpx.Response(500, text="x" * 9_000))) == MAX_ERROR_TEXT
    assert error_text(httpx.Response(503)) == "Service Unavailable"


def test_retry_after_is_read_as_seconds_or_as_a_date():
    assert retry_after_s(httpx.Response(429, headers={"Retry-After": "12"})) == 12.0
    date = email.utils.formatdate(time.time() + 100, usegmt=True)
    given = retry_after_s(httpx.Response(429, headers={"Retry-After": date}))
    assert given is not None
    assert 0 < given <= 100
    assert retry_after_s(httpx.Response(429, headers={"Retry-After": "soon"})) is None
    assert retry_after_s(httpx.Response(429)) is None
