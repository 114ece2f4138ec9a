"""The same text as simple HTML: nothing to load, nothing to click but links.  templates/mail.html

<h2>EXTREME · Siaga 1 · Daruba river bridge</h2><p>Since 24 Nov 03:10 WIT<br><a href="https://…">https://…</a></p>
"""

from jinja2 import Environment, PackageLoader, StrictUndefined

from cloud.notify.texts import NotificationText

# what people wrote into rules and city files stands in mails: autoescape keeps it text
_TEMPLATES = Environment(
    loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
)


def html_page(text: NotificationText) -> str:
    """Return `text` as a page: its first line as heading, each other line as one."""
    first, _, rest = text.plain.partition("\n")
    return _TEMPLATES.get_template("mail.html").render(first=first, lines=rest.split("\n"))
