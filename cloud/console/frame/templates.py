"""The templates of the console: those of the frame, and each page's in its own room.

pages/alarms/list.html is "alarms/list.html";  frame/templates/base.html is "base.html", the whole around a page
"""

import secrets
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from cloud.console.frame.static import static, symbol

CONSOLE = Path(__file__).parents[1]
CSRF_MARK = f"csrf-{secrets.token_hex(16)}"
"""What stands in a shared fragment where each viewer gets the token of their own session; nobody can guess it."""

ENVIRONMENT = Environment(
    loader=FileSystemLoader([CONSOLE / "frame" / "templates", CONSOLE / "pages"]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
ENVIRONMENT.globals |= {"static": static, "symbol": symbol, "csrf_mark": CSRF_MARK}


def template_of(name: str) -> Template:
    """Return a template, compiled once."""
    return ENVIRONMENT.get_template(name)
