"""Why an enrolment went no further, in one sentence of both languages; what was there before is as it was."""

from i18n.message import LocalizedMessage


class EnrolmentFailed(Exception):
    """The enrolment stops here: `problem` says why, and what to do."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem
