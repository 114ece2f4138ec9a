"""What cannot be done with users, sessions and tokens, as one sentence; `kind` is a row of the API's problems.

AccessRejected("unknown-user", "there is no user anni; siaga-cloud user list shows them")
"""


class AccessRejected(Exception):
    """Nothing was changed; `retry_after_s` is how long to wait where waiting helps."""

    def __init__(self, kind: str, sentence: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.kind = kind
        self.retry_after_s = retry_after_s
