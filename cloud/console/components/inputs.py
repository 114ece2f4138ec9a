"""What people write and choose in: the browser's own fields, sized for a thumb.

The server keeps what was written; its own text is never sent back to the page, so that nobody's typing is undone.
"""

from collections.abc import Callable, Sequence

from nicegui import ui

from cloud.console.components.elements import TextElement, box, symbol, text

Changed = Callable[[str], object]
"""Called with the text that a field now has."""
_EMIT_VALUE = "(event) => emit(event.target.value)"


def button(words: str, classes: str = "", *, on_click: Callable[[], object], icon: str = "") -> ui.element:
    """A button with words, and an icon before them if one is named."""
    with box(f"button {classes}", "button", type="button") as element:
        if icon:
            symbol(icon)
        text(words)
    element.on("click", lambda: on_click())
    return element


def line_input(
    value: str, *, label: str, on_change: Changed, classes: str = "", placeholder: str = "", numeric: bool = False
) -> ui.element:
    """One line of text."""
    element = box(f"input {classes}", "input", type="text", aria_label=label, placeholder=placeholder)
    element.props["defaultValue"] = value
    element.props["autocomplete"] = "off"
    if numeric:
        element.props["inputmode"] = "decimal"
    element.on("input", lambda event: on_change(str(event.args)), js_handler=_EMIT_VALUE)
    return element


def moment_input(value: str, *, label: str, on_change: Changed) -> ui.element:
    """A day and a time of day, as 2026-11-24T19:00 or empty."""
    element = box("input moment", "input", type="datetime-local", aria_label=label)
    element.props["defaultValue"] = value
    element.on("input", lambda event: on_change(str(event.args)), js_handler=_EMIT_VALUE)
    return element


def colour_input(value: str, *, label: str, on_change: Changed) -> ui.element:
    """A colour to choose, #rrggbb."""
    element = box("input colour", "input", type="color", aria_label=label, title=label)
    element.props["defaultValue"] = value
    element.on("input", lambda event: on_change(str(event.args)), js_handler=_EMIT_VALUE)
    return element


def text_area(value: str, *, label: str, on_change: Changed, rows: int = 2) -> ui.element:
    """A few lines of text."""
    element = box("input area", "textarea", aria_label=label, rows=str(rows))
    element.props["defaultValue"] = value
    element.on("input", lambda event: on_change(str(event.args)), js_handler=_EMIT_VALUE)
    return element


def choice(
    value: str, options: Sequence[tuple[str, str]], *, label: str, on_change: Changed, classes: str = ""
) -> ui.element:
    """One of a few: options are (value, words). What is none of them cannot be chosen, whatever the page says."""
    known = {option for option, _words in options}
    with box(f"input choice {classes}", "select", aria_label=label) as element:
        for option, words in options:
            item = text(words, "", "option")
            item.props["value"] = option
            if option == value:
                item.props["selected"] = "selected"
    element.on(
        "change",
        lambda event: on_change(event.args) if event.args in known else None,
        js_handler=_EMIT_VALUE,
    )
    return element


def tick_box(ticked: bool, words: str, *, on_change: Callable[[bool], object], classes: str = "") -> ui.element:
    """A box to tick, with its words."""
    with box(f"tick {classes}", "label") as element:
        field = box("", "input", type="checkbox")
        if ticked:
            field.props["defaultChecked"] = True
        field.on(
            "change",
            lambda event: on_change(event.args is True),
            js_handler="(event) => emit(event.target.checked)",
        )
        text(words)
    return element


def field(label: str, *, hint: str = "") -> ui.element:
    """A place for an input with its label above it; use `mistake_text` inside for what is wrong with it."""
    element = box("field")
    with element:
        text(label, "field-label")
        if hint:
            text(hint, "field-hint")
    return element


def problem_text() -> TextElement:
    """The sentence beside a field about what is wrong with it; empty while nothing is."""
    element = text("", "mistake")
    element.props["role"] = "alert"
    return element
