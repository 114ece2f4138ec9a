"""The few elements that the page is made of; each changes only what is new, so that nothing flickers.

with box("card") as card:  text("Daruba", "card-title")      mark(card, "late") -> <div class="card" data-state="late">
"""

from nicegui import ui


def box(classes: str = "", tag: str = "div", **attributes: str) -> ui.element:
    """An element with CSS classes and attributes; `aria_label` is written aria-label."""
    element = ui.element(tag).classes(classes)
    for name, value in attributes.items():
        element.props[name.replace("_", "-")] = value
    return element


class TextElement(ui.element, component=None):
    """Text in a tag of its own, sent to the page only when it changes."""

    def __init__(self, content: str = "", classes: str = "", tag: str = "span") -> None:
        super().__init__(tag)
        self.classes(classes)
        self._content = content
        self._text = content

    def set(self, content: str) -> None:
        """Show `content`."""
        if content != self._content:
            self._content = self._text = content
            self.update()


def text(content: str = "", classes: str = "", tag: str = "span") -> TextElement:
    """Text that may change."""
    return TextElement(content, classes, tag)


def symbol(name: str, classes: str = "") -> ui.icon:
    """A Material icon, hidden from screen readers: it always stands beside words."""
    icon = ui.icon(name).classes(f"symbol {classes}")
    icon.props["aria-hidden"] = "true"
    return icon


def mark(element: ui.element, state: str, attribute: str = "data-state") -> None:
    """Give an element the state that the style sheet colours it by, if it has another one."""
    if element.props.get(attribute) != state:
        element.props[attribute] = state
