"""Why an update does not go on:  Refused, and that is its end        NotNow, and it is tried again later"""


class UpdateRefused(Exception):
    """It is not done: one sentence says why, and what to do."""


class NotNow(Exception):
    """It cannot be done now: the link, the server or the disk may do it later. One sentence says why."""
