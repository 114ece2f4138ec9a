"""Why something was not done for a gateway, as one sentence; `kind` is a row of the API's problems."""


class CareRefused(Exception):
    """Nothing was done; `retry_after_s` is how long to wait where waiting helps."""

    def __init__(self, kind: str, sentence: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        """In English; a LocalizedMessage where people of both languages read it."""
        self.kind = kind
        self.retry_after_s = retry_after_s
