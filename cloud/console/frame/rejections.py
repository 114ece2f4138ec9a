"""What a page answers instead of what was asked: that it is not so, or not there.

raise ActionRejected(_("The limit must be a number: {value}", value=…), field="limit")      raise NotThere(_("…"))
"""


class ActionRejected(Exception):
    """An action cannot be done; the text is one sentence for whoever asked, `field` the input that it is about."""

    def __init__(self, sentence: str, *, field: str = "", status: int = 422) -> None:
        super().__init__(sentence)
        self.field = field
        self.status = status


class NotThere(Exception):
    """There is no such page, or not for whoever asked; the text is one sentence for them."""
