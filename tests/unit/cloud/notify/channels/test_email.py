"""The HTML of a mail says the same as its plain text."""

from html.parser import HTMLParser
from typing import Any

import pytest

from cloud.notify.channels.email.html_page import html_page
from cloud.notify.texts import NotificationText, text_of
from tests.unit.cloud.notify.examples import line, notification


class Reader(HTMLParser):
    """What somebody reads: the lines of a page, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[Any] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += "\n" if tag in ("br", "p") else ""
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data.strip("\n")


@pytest.mark.parametrize("language", ["en", "id", "both"])
def test_html_says_the_same_as_plain_text(language: str):
    hostile = line(advice="<b>run</b> & \"hide\" or 'wait'", site_name="{{ 7 * 7 }}")
    for lines in ([line()], [hostile, line(alarm=2), line(alarm=3)]):
        text = text_of(notification(*lines, language=language), console="https://siaga.test")
        assert Reader(html_page(text)).text.split("\n") == text.plain.split("\n")


def test_what_people_wrote_is_text_and_only_our_own_lines_are_links():
    text = text_of(notification(line(advice="<b>run</b> & http://evil.test")), console="https://siaga.test")
    page = html_page(text)
    assert "&lt;b&gt;run&lt;/b&gt; &amp; http" in page
    assert Reader(page).links == ["https://siaga.test/console/en/alarms?alarm=17"]
    assert Reader(page).tags == {"html", "body", "h2", "p", "br", "a"}


def test_a_page_is_as_it_ever_was():
    text = NotificationText("A", "A\n1 < 2\nhttps://siaga.test/?a=1&b=2\n\nend")
    link = "https://siaga.test/?a=1&amp;b=2"
    assert html_page(text) == (
        "<!doctype html>\n<html><body><h2>A</h2>\n"
        f'<p>1 &lt; 2<br>\n<a href="{link}">{link}</a><br>\n<br>\nend</p></body></html>\n'
    )
