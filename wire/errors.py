"""The one error of the wire: what arrived is not what edge and cloud agreed on."""


class WireError(ValueError):
    """Bytes or names that break the wire contract; its text is one sentence that says what, and what was expected."""
